#compdef omar
# Completion of omar for zsh. Made by `omar completions show zsh`; edits will be lost.

_omar() {
    local current="${words[CURRENT]}" previous="${words[CURRENT-1]}"
    local place="" word skip="" kind="" index position=0
    local -a found

    for ((index = 2; index < CURRENT; index++)); do
        word="${words[index]}"
        if [[ -n $skip ]]; then
            skip=""
            continue
        fi
        case "$place/$word" in
            ("/serve"|"/up"|"/down"|"/status"|"/open"|"/logs"|"/spawn"|"/list"|"/show"|"/send"|"/attach"|"/kill"|"/wait"|"/backends"|"/tour"|"/env"|"/uninstall"|"/doctor"|"/computer"|"/keys"|"/event"|"/project"|"/manager"|"/config"|"/completions"|"/computer/status"|"/keys/create"|"/keys/list"|"/keys/revoke"|"/event/schedule"|"/event/list"|"/event/cancel"|"/project/list"|"/project/add"|"/project/done"|"/manager/start"|"/config/path"|"/config/show"|"/config/get"|"/config/set"|"/config/unset"|"/completions/show"|"/completions/install"|"/completions/remove")
                place="$place/$word"; position=0; continue ;;
        esac
        case "$place $word" in
            ("/serve --port"|"/serve --host"|"/up --port"|"/up --host"|"/logs --lines"|"/logs -n"|"/spawn --task"|"/spawn -t"|"/spawn --task-file"|"/spawn --workdir"|"/spawn -w"|"/spawn --backend"|"/spawn -b"|"/spawn --model"|"/spawn -m"|"/spawn --command"|"/spawn -c"|"/spawn --parent"|"/spawn -p"|"/spawn --role"|"/spawn --env"|"/spawn -e"|"/list --parent"|"/list --health"|"/show --lines"|"/show -n"|"/wait --health"|"/wait --timeout"|"/tour --backend"|"/tour -b"|"/keys/create --user"|"/keys/create --scope"|"/keys/create --expires"|"/event/schedule --sender"|"/event/schedule --at"|"/event/schedule --in"|"/event/schedule --every"|"/event/schedule --id"|"/event/list --receiver"|"/manager/start --task"|"/manager/start -t"|"/manager/start --workdir"|"/manager/start -w"|"/manager/start --backend"|"/manager/start -b"|"/manager/start --model"|"/manager/start -m"|"/manager/start --command"|"/manager/start -c")
                skip=1 ;;
            (*" -"*) ;;
            (*) position=$((position + 1)) ;;
        esac
    done

    if [[ $current == --*=* ]]; then
        previous="${current%%=*}"
        compset -P '*='
    fi
    case "$place $previous" in
        ("/serve --port") kind=free ;;
        ("/serve --host") kind=free ;;
        ("/up --port") kind=free ;;
        ("/up --host") kind=free ;;
        ("/logs --lines") kind=free ;;
        ("/logs -n") kind=free ;;
        ("/spawn --task") kind=free ;;
        ("/spawn -t") kind=free ;;
        ("/spawn --task-file") kind=files ;;
        ("/spawn --workdir") kind=files ;;
        ("/spawn -w") kind=files ;;
        ("/spawn --backend") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/spawn -b") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/spawn --model") kind=free ;;
        ("/spawn -m") kind=free ;;
        ("/spawn --command") kind=free ;;
        ("/spawn -c") kind=free ;;
        ("/spawn --parent") kind=agents ;;
        ("/spawn -p") kind=agents ;;
        ("/spawn --role") kind=free ;;
        ("/spawn --env") kind=free ;;
        ("/spawn -e") kind=free ;;
        ("/list --parent") kind=agents ;;
        ("/list --health") kind=words; found=('working' 'waiting' 'idle' 'stuck' 'dead') ;;
        ("/show --lines") kind=free ;;
        ("/show -n") kind=free ;;
        ("/wait --health") kind=words; found=('working' 'waiting' 'idle' 'stuck' 'dead') ;;
        ("/wait --timeout") kind=free ;;
        ("/tour --backend") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/tour -b") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/keys/create --user") kind=free ;;
        ("/keys/create --scope") kind=words; found=('agents' 'metrics' 'anchors' 'managed' 'admin' 'worker') ;;
        ("/keys/create --expires") kind=free ;;
        ("/event/schedule --sender") kind=free ;;
        ("/event/schedule --at") kind=free ;;
        ("/event/schedule --in") kind=free ;;
        ("/event/schedule --every") kind=free ;;
        ("/event/schedule --id") kind=free ;;
        ("/event/list --receiver") kind=agents ;;
        ("/manager/start --task") kind=free ;;
        ("/manager/start -t") kind=free ;;
        ("/manager/start --workdir") kind=files ;;
        ("/manager/start -w") kind=files ;;
        ("/manager/start --backend") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/manager/start -b") kind=words; found=('claude' 'codex' 'cursor' 'opencode') ;;
        ("/manager/start --model") kind=free ;;
        ("/manager/start -m") kind=free ;;
        ("/manager/start --command") kind=free ;;
        ("/manager/start -c") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=options
        case "$place" in
            ("") found=('--help:show help' '--version:Print the version and leave') ;;
            ("/serve") found=('--help:show help' '--port:Port to listen on (else OMAR_PORT, api.port, 9876)' '--host:Address to listen on (else api.host, 127.0.0.1)') ;;
            ("/up") found=('--help:show help' '--port:Port to listen on (else OMAR_PORT, api.port, 9876)' '--host:Address to listen on (else api.host, 127.0.0.1)' '--quiet:Say nothing when all is well' '--json:Print one JSON document on stdout') ;;
            ("/down") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/open") found=('--help:show help' '--print:Print the link instead of opening a browser') ;;
            ("/logs") found=('--help:show help' '--lines:How many of the last lines' '--follow:Go on with what comes, until ^C') ;;
            ("/spawn") found=('--help:show help' '--task:What it shall do' '--task-file:File that holds the task' '--workdir:Directory it works in' '--backend:Program to run' '--model:Model for the backend' '--command:Any command instead of a backend' '--parent:Name of the parent agent' '--role:`agent`: tell it of omar even without a task' '--env:NAME=VALUE for it' '--worktree:In a git worktree and branch of its own, removed with it when merged' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/list") found=('--help:show help' '--parent:Only the children of this agent' '--health:Only these' '--json:Print one JSON document on stdout') ;;
            ("/show") found=('--help:show help' '--lines:How many lines of its output' '--json:Print one JSON document on stdout') ;;
            ("/send") found=('--help:show help' '--enter:Submit it, or only paste it' '--no-enter:Submit it, or only paste it' '--raw:Type control characters as keys (ESC interrupts)' '--force:Behind a draft in its input, and submit both' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/attach") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/kill") found=('--help:show help' '--force:Even when a person is attached' '--tree:And every agent below it' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/wait") found=('--help:show help' '--health:What to wait for' '--timeout:Seconds to wait at most' '--json:Print one JSON document on stdout') ;;
            ("/backends") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/tour") found=('--help:show help' '--keep:Leave what the tour made, to look around in it' '--yes:Let an installed backend do the tour'\''s small job' '--demo:Let the demo agent do it, without asking' '--backend:Let this one do it' '--json:Print one JSON document on stdout') ;;
            ("/env") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/uninstall") found=('--help:show help' '--purge:Also remove the folders of its own, with all that was recorded' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/doctor") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/computer") found=('--help:show help') ;;
            ("/computer/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/keys") found=('--help:show help') ;;
            ("/keys/create") found=('--help:show help' '--user:User the key belongs to' '--scope:What it is good for' '--expires:Lifetime like 12h, 90d or 4w' '--json:Print one JSON document on stdout') ;;
            ("/keys/list") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/keys/revoke") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/event") found=('--help:show help') ;;
            ("/event/schedule") found=('--help:show help' '--sender:Who says it (else OMAR_AGENT, `user`)' '--at:When: 2026-11-22T09:30, or nanoseconds' '--in:When, from now: 90s, 5m, 2h' '--every:Again and again after this time: 5m' '--id:Its id, so that twice is once' '--allow-missing:Also when there is no such agent yet' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/event/list") found=('--help:show help' '--receiver:Only those for this agent' '--dead:Those that could not be delivered, and why' '--json:Print one JSON document on stdout') ;;
            ("/event/cancel") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/project") found=('--help:show help') ;;
            ("/project/list") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/project/add") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/project/done") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/manager") found=('--help:show help') ;;
            ("/manager/start") found=('--help:show help' '--task:What it shall see to' '--workdir:Directory it works in' '--backend:Program to run' '--model:Model for the backend' '--command:Any command instead of a backend' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/config") found=('--help:show help') ;;
            ("/config/path") found=('--help:show help') ;;
            ("/config/show") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/config/get") found=('--help:show help') ;;
            ("/config/set") found=('--help:show help') ;;
            ("/config/unset") found=('--help:show help') ;;
            ("/completions") found=('--help:show help') ;;
            ("/completions/show") found=('--help:show help') ;;
            ("/completions/install") found=('--help:show help') ;;
            ("/completions/remove") found=('--help:show help') ;;
        esac
    elif [[ -z $kind ]]; then
        case "$place $position" in
            (" 0") kind=words; found=('serve:Run the daemon in the foreground until ^C' 'up:Start the daemon in the background' 'down:Stop the daemon' 'status:Show whether the daemon runs, and its agents' 'open:Sign your browser in to the daemon, by a link that works once' 'logs:Print what the daemon wrote' 'spawn:Start an agent in tmux and give it its task' 'list:List the agents with their health' 'show:Show one agent and the end of its output' 'send:Type a text into an agent and see that it arrives' 'attach:Attach this terminal to an agent' 'kill:End agents, and with --tree all below them' 'wait:Wait until all these agents are idle, or dead' 'backends:List the agent programs that omar knows, and which are installed' 'tour:See the whole suite work on real things, in half a minute' 'env:Print exports of the daemon'\''s address and a key, for other programs' 'uninstall:Stop the daemon and take back what omar put outside its own folders' 'doctor:Check that everything needed is there' 'computer:The desktop of this machine, which one agent at a time may use' 'keys:Keys for the daemon'\''s APIs: `oma_…`, printed once, stored as a hash' 'event:Messages to agents: now, later, or again and again' 'project:The list of projects in ~/.omar/tasks.md' 'manager:The agent that plans with a person and runs the others' 'config:Show and change settings' 'completions:Complete commands and agent names in bash, zsh and fish') ;;
            ("/computer 0") kind=words; found=('status:Show whether the desktop can be used, and who holds it') ;;
            ("/keys 0") kind=words; found=('create:Make a key and print it once, alone on stdout' 'list:List the keys, never their text' 'revoke:Make a key useless, at once') ;;
            ("/event 0") kind=words; found=('schedule:Schedule a message to an agent' 'list:List what is scheduled' 'cancel:Cancel scheduled events') ;;
            ("/project 0") kind=words; found=('list:List the projects' 'add:Put a project on the list' 'done:Take a finished project off the list') ;;
            ("/manager 0") kind=words; found=('start:Start the manager, told how things stand') ;;
            ("/config 0") kind=words; found=('path:Print where the configuration file is' 'show:Show every setting, its value and where the value comes from' 'get:Print one value' 'set:Write one value into the configuration file' 'unset:Take one value out of the configuration file, so that its default cou…') ;;
            ("/completions 0") kind=words; found=('show:Print the completion file' 'install:Put the completion file where the shell looks' 'remove:Undo `install`') ;;
            ("/spawn 0") kind=free ;;
            ("/show 0") kind=agents ;;
            ("/send 0") kind=agents ;;
            ("/send 1") kind=free ;;
            ("/attach 0") kind=agents ;;
            ("/kill "*) kind=agents ;;
            ("/wait "*) kind=agents ;;
            ("/keys/create 0") kind=free ;;
            ("/keys/revoke 0") kind=free ;;
            ("/event/schedule 0") kind=agents ;;
            ("/event/schedule 1") kind=free ;;
            ("/event/cancel "*) kind=free ;;
            ("/project/add 0") kind=free ;;
            ("/project/done 0") kind=free ;;
            ("/config/get 0") kind=free ;;
            ("/config/set 0") kind=free ;;
            ("/config/set 1") kind=free ;;
            ("/config/unset 0") kind=free ;;
            ("/completions/show 0") kind=words; found=('bash' 'zsh' 'fish') ;;
            ("/completions/install 0") kind=words; found=('bash' 'zsh' 'fish') ;;
            ("/completions/remove 0") kind=words; found=('bash' 'zsh' 'fish') ;;
        esac
    fi

    case "$kind" in
        (words) _describe -t values value found ;;
        (options) _describe -o -t options option found ;;
        (agents)
            found=(${(f)"$("${words[1]}" completions agents 2>/dev/null)"})
            compadd -a found ;;
        (files) _files ;;
        (folders) _files -/ ;;
    esac
}

if [[ "${funcstack[1]}" == "_omar" ]]; then
    _omar "$@"
elif (( $+functions[compdef] )); then
    compdef _omar omar
fi
