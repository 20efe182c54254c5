# Completion of omar for fish. Made by `omar completions show fish`; edits will be lost.

function _omar_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l previous $words[-1]
    set -l path ""
    set -l skip ""
    set -l position 0
    set -l glued ""

    for word in $words[2..-1]
        if test -n "$skip"
            set skip ""
            continue
        end
        switch "$path/$word"
            case '/serve' '/up' '/down' '/status' '/open' '/logs' '/spawn' '/list' '/show' '/send' '/attach' '/kill' '/wait' '/backends' '/tour' '/env' '/uninstall' '/doctor' '/computer' '/keys' '/event' '/project' '/manager' '/config' '/completions' '/computer/status' '/keys/create' '/keys/list' '/keys/revoke' '/event/schedule' '/event/list' '/event/cancel' '/project/list' '/project/add' '/project/done' '/manager/start' '/config/path' '/config/show' '/config/get' '/config/set' '/config/unset' '/completions/show' '/completions/install' '/completions/remove'
                set path "$path/$word"
                set position 0
                continue
        end
        switch "$path $word"
            case '/serve --port' '/serve --host' '/up --port' '/up --host' '/logs --lines' '/logs -n' '/spawn --task' '/spawn -t' '/spawn --task-file' '/spawn --workdir' '/spawn -w' '/spawn --backend' '/spawn -b' '/spawn --model' '/spawn -m' '/spawn --command' '/spawn -c' '/spawn --parent' '/spawn -p' '/spawn --role' '/spawn --env' '/spawn -e' '/list --parent' '/list --health' '/show --lines' '/show -n' '/wait --health' '/wait --timeout' '/tour --backend' '/tour -b' '/keys/create --user' '/keys/create --scope' '/keys/create --expires' '/event/schedule --sender' '/event/schedule --at' '/event/schedule --in' '/event/schedule --every' '/event/schedule --id' '/event/list --receiver' '/manager/start --task' '/manager/start -t' '/manager/start --workdir' '/manager/start -w' '/manager/start --backend' '/manager/start -b' '/manager/start --model' '/manager/start -m' '/manager/start --command' '/manager/start -c'
                set skip 1
            case '* -*'
            case '*'
                set position (math $position + 1)
        end
    end

    # `--option=value` is one word here, so its candidates carry the option before them.
    if string match -q -- '--*=*' $current
        set previous (string split -m 1 = -- $current)[1]
        set glued "$previous="
    end
    switch "$path $previous"
        case '/serve --port'
            return
        case '/serve --host'
            return
        case '/up --port'
            return
        case '/up --host'
            return
        case '/logs --lines'
            return
        case '/logs -n'
            return
        case '/spawn --task'
            return
        case '/spawn -t'
            return
        case '/spawn --task-file'
            __fish_complete_path $current
            return
        case '/spawn --workdir'
            __fish_complete_path $current
            return
        case '/spawn -w'
            __fish_complete_path $current
            return
        case '/spawn --backend'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/spawn -b'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/spawn --model'
            return
        case '/spawn -m'
            return
        case '/spawn --command'
            return
        case '/spawn -c'
            return
        case '/spawn --parent'
            for name in ($words[1] completions agents 2>/dev/null)
                echo "$glued"$name
            end
            return
        case '/spawn -p'
            for name in ($words[1] completions agents 2>/dev/null)
                echo "$glued"$name
            end
            return
        case '/spawn --role'
            return
        case '/spawn --env'
            return
        case '/spawn -e'
            return
        case '/list --parent'
            for name in ($words[1] completions agents 2>/dev/null)
                echo "$glued"$name
            end
            return
        case '/list --health'
            printf '%s\n' "$glued"'working' "$glued"'waiting' "$glued"'idle' "$glued"'stuck' "$glued"'dead'
            return
        case '/show --lines'
            return
        case '/show -n'
            return
        case '/wait --health'
            printf '%s\n' "$glued"'working' "$glued"'waiting' "$glued"'idle' "$glued"'stuck' "$glued"'dead'
            return
        case '/wait --timeout'
            return
        case '/tour --backend'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/tour -b'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/keys/create --user'
            return
        case '/keys/create --scope'
            printf '%s\n' "$glued"'agents' "$glued"'metrics' "$glued"'anchors' "$glued"'managed' "$glued"'admin' "$glued"'worker'
            return
        case '/keys/create --expires'
            return
        case '/event/schedule --sender'
            return
        case '/event/schedule --at'
            return
        case '/event/schedule --in'
            return
        case '/event/schedule --every'
            return
        case '/event/schedule --id'
            return
        case '/event/list --receiver'
            for name in ($words[1] completions agents 2>/dev/null)
                echo "$glued"$name
            end
            return
        case '/manager/start --task'
            return
        case '/manager/start -t'
            return
        case '/manager/start --workdir'
            __fish_complete_path $current
            return
        case '/manager/start -w'
            __fish_complete_path $current
            return
        case '/manager/start --backend'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/manager/start -b'
            printf '%s\n' "$glued"'claude' "$glued"'codex' "$glued"'cursor' "$glued"'opencode'
            return
        case '/manager/start --model'
            return
        case '/manager/start -m'
            return
        case '/manager/start --command'
            return
        case '/manager/start -c'
            return
    end
    if string match -q -- '-*' $current
        switch "$path"
            case ''
                printf '%s\t%s\n' '--help' 'show help' '--version' 'Print the version and leave'
            case '/serve'
                printf '%s\t%s\n' '--help' 'show help' '--port' 'Port to listen on (else OMAR_PORT, api.port, 9876)' '--host' 'Address to listen on (else api.host, 127.0.0.1)'
            case '/up'
                printf '%s\t%s\n' '--help' 'show help' '--port' 'Port to listen on (else OMAR_PORT, api.port, 9876)' '--host' 'Address to listen on (else api.host, 127.0.0.1)' '--quiet' 'Say nothing when all is well' '--json' 'Print one JSON document on stdout'
            case '/down'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/open'
                printf '%s\t%s\n' '--help' 'show help' '--print' 'Print the link instead of opening a browser'
            case '/logs'
                printf '%s\t%s\n' '--help' 'show help' '--lines' 'How many of the last lines' '--follow' 'Go on with what comes, until ^C'
            case '/spawn'
                printf '%s\t%s\n' '--help' 'show help' '--task' 'What it shall do' '--task-file' 'File that holds the task' '--workdir' 'Directory it works in' '--backend' 'Program to run' '--model' 'Model for the backend' '--command' 'Any command instead of a backend' '--parent' 'Name of the parent agent' '--role' '`agent`: tell it of omar even without a task' '--env' 'NAME=VALUE for it' '--worktree' 'In a git worktree and branch of its own, removed with it when merged' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/list'
                printf '%s\t%s\n' '--help' 'show help' '--parent' 'Only the children of this agent' '--health' 'Only these' '--json' 'Print one JSON document on stdout'
            case '/show'
                printf '%s\t%s\n' '--help' 'show help' '--lines' 'How many lines of its output' '--json' 'Print one JSON document on stdout'
            case '/send'
                printf '%s\t%s\n' '--help' 'show help' '--enter' 'Submit it, or only paste it' '--no-enter' 'Submit it, or only paste it' '--raw' 'Type control characters as keys (ESC interrupts)' '--force' 'Behind a draft in its input, and submit both' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/attach'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/kill'
                printf '%s\t%s\n' '--help' 'show help' '--force' 'Even when a person is attached' '--tree' 'And every agent below it' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/wait'
                printf '%s\t%s\n' '--help' 'show help' '--health' 'What to wait for' '--timeout' 'Seconds to wait at most' '--json' 'Print one JSON document on stdout'
            case '/backends'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/tour'
                printf '%s\t%s\n' '--help' 'show help' '--keep' 'Leave what the tour made, to look around in it' '--yes' 'Let an installed backend do the tour\'s small job' '--demo' 'Let the demo agent do it, without asking' '--backend' 'Let this one do it' '--json' 'Print one JSON document on stdout'
            case '/env'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/uninstall'
                printf '%s\t%s\n' '--help' 'show help' '--purge' 'Also remove the folders of its own, with all that was recorded' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/doctor'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/computer'
                printf '%s\t%s\n' '--help' 'show help'
            case '/computer/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/keys'
                printf '%s\t%s\n' '--help' 'show help'
            case '/keys/create'
                printf '%s\t%s\n' '--help' 'show help' '--user' 'User the key belongs to' '--scope' 'What it is good for' '--expires' 'Lifetime like 12h, 90d or 4w' '--json' 'Print one JSON document on stdout'
            case '/keys/list'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/keys/revoke'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/event'
                printf '%s\t%s\n' '--help' 'show help'
            case '/event/schedule'
                printf '%s\t%s\n' '--help' 'show help' '--sender' 'Who says it (else OMAR_AGENT, `user`)' '--at' 'When: 2026-11-22T09:30, or nanoseconds' '--in' 'When, from now: 90s, 5m, 2h' '--every' 'Again and again after this time: 5m' '--id' 'Its id, so that twice is once' '--allow-missing' 'Also when there is no such agent yet' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/event/list'
                printf '%s\t%s\n' '--help' 'show help' '--receiver' 'Only those for this agent' '--dead' 'Those that could not be delivered, and why' '--json' 'Print one JSON document on stdout'
            case '/event/cancel'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/project'
                printf '%s\t%s\n' '--help' 'show help'
            case '/project/list'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/project/add'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/project/done'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/manager'
                printf '%s\t%s\n' '--help' 'show help'
            case '/manager/start'
                printf '%s\t%s\n' '--help' 'show help' '--task' 'What it shall see to' '--workdir' 'Directory it works in' '--backend' 'Program to run' '--model' 'Model for the backend' '--command' 'Any command instead of a backend' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/config'
                printf '%s\t%s\n' '--help' 'show help'
            case '/config/path'
                printf '%s\t%s\n' '--help' 'show help'
            case '/config/show'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/config/get'
                printf '%s\t%s\n' '--help' 'show help'
            case '/config/set'
                printf '%s\t%s\n' '--help' 'show help'
            case '/config/unset'
                printf '%s\t%s\n' '--help' 'show help'
            case '/completions'
                printf '%s\t%s\n' '--help' 'show help'
            case '/completions/show'
                printf '%s\t%s\n' '--help' 'show help'
            case '/completions/install'
                printf '%s\t%s\n' '--help' 'show help'
            case '/completions/remove'
                printf '%s\t%s\n' '--help' 'show help'
        end
        return
    end
    switch "$path $position"
        case ' 0'
            printf '%s\t%s\n' 'serve' 'Run the daemon in the foreground until ^C' 'up' 'Start the daemon in the background' 'down' 'Stop the daemon' 'status' 'Show whether the daemon runs, and its agents' 'open' 'Sign your browser in to the daemon, by a link that works once' 'logs' 'Print what the daemon wrote' 'spawn' 'Start an agent in tmux and give it its task' 'list' 'List the agents with their health' 'show' 'Show one agent and the end of its output' 'send' 'Type a text into an agent and see that it arrives' 'attach' 'Attach this terminal to an agent' 'kill' 'End agents, and with --tree all below them' 'wait' 'Wait until all these agents are idle, or dead' 'backends' 'List the agent programs that omar knows, and which are installed' 'tour' 'See the whole suite work on real things, in half a minute' 'env' 'Print exports of the daemon\'s address and a key, for other programs' 'uninstall' 'Stop the daemon and take back what omar put outside its own folders' 'doctor' 'Check that everything needed is there' 'computer' 'The desktop of this machine, which one agent at a time may use' 'keys' 'Keys for the daemon\'s APIs: `oma_…`, printed once, stored as a hash' 'event' 'Messages to agents: now, later, or again and again' 'project' 'The list of projects in ~/.omar/tasks.md' 'manager' 'The agent that plans with a person and runs the others' 'config' 'Show and change settings' 'completions' 'Complete commands and agent names in bash, zsh and fish'
        case '/computer 0'
            printf '%s\t%s\n' 'status' 'Show whether the desktop can be used, and who holds it'
        case '/keys 0'
            printf '%s\t%s\n' 'create' 'Make a key and print it once, alone on stdout' 'list' 'List the keys, never their text' 'revoke' 'Make a key useless, at once'
        case '/event 0'
            printf '%s\t%s\n' 'schedule' 'Schedule a message to an agent' 'list' 'List what is scheduled' 'cancel' 'Cancel scheduled events'
        case '/project 0'
            printf '%s\t%s\n' 'list' 'List the projects' 'add' 'Put a project on the list' 'done' 'Take a finished project off the list'
        case '/manager 0'
            printf '%s\t%s\n' 'start' 'Start the manager, told how things stand'
        case '/config 0'
            printf '%s\t%s\n' 'path' 'Print where the configuration file is' 'show' 'Show every setting, its value and where the value comes from' 'get' 'Print one value' 'set' 'Write one value into the configuration file' 'unset' 'Take one value out of the configuration file, so that its default cou…'
        case '/completions 0'
            printf '%s\t%s\n' 'show' 'Print the completion file' 'install' 'Put the completion file where the shell looks' 'remove' 'Undo `install`'
        case '/spawn 0'
        case '/show 0'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/send 0'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/send 1'
        case '/attach 0'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/kill *'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/wait *'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/keys/create 0'
        case '/keys/revoke 0'
        case '/event/schedule 0'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/event/schedule 1'
        case '/event/cancel *'
        case '/project/add 0'
        case '/project/done 0'
        case '/config/get 0'
        case '/config/set 0'
        case '/config/set 1'
        case '/config/unset 0'
        case '/completions/show 0'
            printf '%s\n' 'bash' 'zsh' 'fish'
        case '/completions/install 0'
            printf '%s\n' 'bash' 'zsh' 'fish'
        case '/completions/remove 0'
            printf '%s\n' 'bash' 'zsh' 'fish'
    end
end

complete -c omar -f -a '(_omar_completion)'
