# Completion of oobo for fish. Made by `oobo completions show fish`; edits will be lost.

function _oobo_completion
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
            case '/install' '/init' '/uninstall' '/status' '/anchors' '/show' '/explain' '/blame' '/why' '/stats' '/dash' '/share' '/export' '/sync' '/transparency' '/ignore' '/unignore' '/redact' '/doctor' '/sessions' '/agent' '/outbox' '/auth' '/config' '/completions' '/sessions/list' '/sessions/show' '/sessions/search' '/agent/install' '/agent/uninstall' '/agent/status' '/outbox/list' '/outbox/retry' '/outbox/drop' '/auth/login' '/auth/logout' '/auth/status' '/auth/set-remote' '/config/path' '/config/show' '/config/get' '/config/set' '/config/unset' '/completions/show' '/completions/install' '/completions/remove'
                set path "$path/$word"
                set position 0
                continue
        end
        switch "$path $word"
            case '/install --path' '/init --all' '/uninstall --path' '/anchors -n' '/anchors --limit' '/anchors --since' '/blame --commit' '/stats --since' '/share --out' '/share --output' '/share -o' '/export --since' '/export --out' '/export --output' '/export -o' '/sessions/list -n' '/sessions/list --limit' '/sessions/list --since' '/sessions/list --tool' '/sessions/search -n' '/sessions/search --limit' '/sessions/search --tool' '/auth/login --server'
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
        case '/install --path'
            __fish_complete_path $current
            return
        case '/init --all'
            __fish_complete_path $current
            return
        case '/uninstall --path'
            __fish_complete_path $current
            return
        case '/anchors -n'
            return
        case '/anchors --limit'
            return
        case '/anchors --since'
            return
        case '/blame --commit'
            return
        case '/stats --since'
            return
        case '/share --out'
            __fish_complete_path $current
            return
        case '/share --output'
            __fish_complete_path $current
            return
        case '/share -o'
            __fish_complete_path $current
            return
        case '/export --since'
            return
        case '/export --out'
            __fish_complete_path $current
            return
        case '/export --output'
            __fish_complete_path $current
            return
        case '/export -o'
            __fish_complete_path $current
            return
        case '/sessions/list -n'
            return
        case '/sessions/list --limit'
            return
        case '/sessions/list --since'
            return
        case '/sessions/list --tool'
            return
        case '/sessions/search -n'
            return
        case '/sessions/search --limit'
            return
        case '/sessions/search --tool'
            return
        case '/auth/login --server'
            return
    end
    if string match -q -- '-*' $current
        switch "$path"
            case ''
                printf '%s\t%s\n' '--help' 'show help' '--version' 'Print the version and leave'
            case '/install'
                printf '%s\t%s\n' '--help' 'show help' '--path' 'A folder of the repository' '--global' 'For all repositories that are made from now on' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/init'
                printf '%s\t%s\n' '--help' 'show help' '--all' 'Every one below this folder' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/uninstall'
                printf '%s\t%s\n' '--help' 'show help' '--path' 'A folder of the repository' '--global' 'For all repositories that are made from now on' '--all' 'From every repository known, from the agents, and the completions: to…' '--purge' 'Also remove the folders of its own, with all that was recorded' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/anchors'
                printf '%s\t%s\n' '--help' 'show help' '--limit' 'How many' '--since' 'From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--all' 'Of every repository' '--json' 'Print one JSON document on stdout'
            case '/show'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/explain'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/blame'
                printf '%s\t%s\n' '--help' 'show help' '--commit' 'As of this commit' '--json' 'Print one JSON document on stdout'
            case '/why'
                printf '%s\t%s\n' '--help' 'show help' '--scores' 'Ask omas for the session\'s scores' '--no-scores' 'Ask omas for the session\'s scores' '--json' 'Print one JSON document on stdout'
            case '/stats'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--all' 'Of every repository' '--json' 'Print one JSON document on stdout'
            case '/dash'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/share'
                printf '%s\t%s\n' '--help' 'show help' '--out' 'Write this file instead' '--output' 'Write this file instead' '--local' 'On this machine\'s daemon' '--anonymous' 'Without a key: the page belongs to nobody' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/export'
                printf '%s\t%s\n' '--help' 'show help' '--agent-trace' 'In the Agent Trace format' '--since' 'From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--out' 'Write this file instead' '--output' 'Write this file instead' '--json' 'Print one JSON document on stdout'
            case '/sync'
                printf '%s\t%s\n' '--help' 'show help' '--git' 'Share anchors by the repository\'s own remote, too' '--due' 'Only what is due: keep to pauses and waiting times' '--dry-run' 'Show exactly what would be done, and do nothing' '--quiet' 'Say nothing when all is well' '--json' 'Print one JSON document on stdout'
            case '/transparency'
                printf '%s\t%s\n' '--help' 'show help' '--global' 'As the default of all repositories' '--json' 'Print one JSON document on stdout'
            case '/ignore'
                printf '%s\t%s\n' '--help' 'show help'
            case '/unignore'
                printf '%s\t%s\n' '--help' 'show help'
            case '/redact'
                printf '%s\t%s\n' '--help' 'show help' '--check' 'Only say what would be taken' '--json' 'Print one JSON document on stdout'
            case '/doctor'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/sessions'
                printf '%s\t%s\n' '--help' 'show help'
            case '/sessions/list'
                printf '%s\t%s\n' '--help' 'show help' '--limit' 'How many' '--since' 'From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--tool' 'Only of this tool, as in `claude`' '--all' 'Of every repository' '--json' 'Print one JSON document on stdout'
            case '/sessions/show'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/sessions/search'
                printf '%s\t%s\n' '--help' 'show help' '--limit' 'How many' '--tool' 'Only of this tool, as in `claude`' '--all' 'Of every repository' '--json' 'Print one JSON document on stdout'
            case '/agent'
                printf '%s\t%s\n' '--help' 'show help'
            case '/agent/install'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/agent/uninstall'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/agent/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/outbox'
                printf '%s\t%s\n' '--help' 'show help'
            case '/outbox/list'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/outbox/retry'
                printf '%s\t%s\n' '--help' 'show help'
            case '/outbox/drop'
                printf '%s\t%s\n' '--help' 'show help' '--all' 'All of them' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/auth'
                printf '%s\t%s\n' '--help' 'show help'
            case '/auth/login'
                printf '%s\t%s\n' '--help' 'show help' '--local' 'This machine\'s daemon' '--server' 'Address of the server, or `local`' '--key-stdin' 'Read the key from stdin' '--token-stdin' 'Read the key from stdin'
            case '/auth/logout'
                printf '%s\t%s\n' '--help' 'show help'
            case '/auth/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/auth/set-remote'
                printf '%s\t%s\n' '--help' 'show help'
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
            printf '%s\t%s\n' 'install' 'Put the hooks into a repository' 'init' 'Put the hooks into this repository, or into each one below a folder' 'uninstall' 'Take the hooks out and put back what was there, byte for byte' 'status' 'Hooks, anchors, outbox and server at a glance' 'anchors' 'List the newest anchors' 'show' 'Show a commit\'s anchor' 'explain' 'Say why each session is linked to a commit, and why others are not' 'blame' 'Show a file line by line: written by an agent (A) or a person (H)' 'why' 'Tell where a line came from: commit, session, prompt, agent, task, sc…' 'stats' 'Lines, agents, models and tokens of the anchors here' 'dash' 'Server, outbox, sync, and the AI share of the last weeks' 'share' 'Share one redacted session: print the address of its page, or write .…' 'export' 'Write anchors in an open format, one record per line' 'sync' 'Send everything that waits, now: also what a pause or a waiting time…' 'transparency' 'Show or set whether redacted transcripts are sent with anchors' 'ignore' 'Make no anchors in this repository' 'unignore' 'Make anchors in this repository again' 'redact' 'Print a text without its secrets, or say which it holds' 'doctor' 'Check that everything needed is there' 'sessions' 'The AI sessions themselves, as their logs tell them' 'agent' 'The hooks inside the agents, which record each edit as it happens' 'outbox' 'See and change what waits to be sent' 'auth' 'The server, its key, and whether anchors are sent' 'config' 'Show and change settings' 'completions' 'Complete commands and agent names in bash, zsh and fish'
        case '/sessions 0'
            printf '%s\t%s\n' 'list' 'List the newest sessions, and how many commits each stands behind' 'show' 'Show a session with its messages' 'search' 'Find the sessions in which something was said'
        case '/agent 0'
            printf '%s\t%s\n' 'install' 'Merge our hooks into the settings of agents' 'uninstall' 'Take our hooks out of the settings of agents, and nothing else' 'status' 'Show which agents have our hooks'
        case '/outbox 0'
            printf '%s\t%s\n' 'list' 'List what waits, and why' 'retry' 'Send one item again, or all, parked ones too' 'drop' 'Take an item out for good'
        case '/auth 0'
            printf '%s\t%s\n' 'login' 'Keep a key the server confirms, and switch sync on' 'logout' 'Forget the key and send nothing any more' 'status' 'Ask the server whose key this is' 'set-remote' 'Send anchors to another server'
        case '/config 0'
            printf '%s\t%s\n' 'path' 'Print where the configuration file is' 'show' 'Show every setting, its value and where the value comes from' 'get' 'Print one value' 'set' 'Write one value into the configuration file' 'unset' 'Take one value out of the configuration file, so that its default cou…'
        case '/completions 0'
            printf '%s\t%s\n' 'show' 'Print the completion file' 'install' 'Put the completion file where the shell looks' 'remove' 'Undo `install`'
        case '/show 0'
        case '/explain 0'
        case '/blame 0'
        case '/why 0'
        case '/share 0'
        case '/export 0'
        case '/transparency 0'
            printf '%s\n' 'on' 'off'
        case '/redact 0'
        case '/sessions/show 0'
        case '/sessions/search 0'
        case '/agent/install *'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/agent/uninstall *'
            for name in ($words[1] completions agents 2>/dev/null)
                echo $name
            end
        case '/outbox/retry 0'
        case '/outbox/drop 0'
        case '/auth/set-remote 0'
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

complete -c oobo -f -a '(_oobo_completion)'
