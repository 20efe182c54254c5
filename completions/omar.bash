# Completion of omar for bash. Made by `omar completions show bash`; edits will be lost.

_omar_completion() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local path="" word skip="" words="" kind="" index position=0
    COMPREPLY=()

    # bash takes `--option=value` apart at the equals sign.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        word="${COMP_WORDS[index]}"
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $skip ]]; then
            skip=""
            continue
        fi
        case "$path/$word" in
            "/serve"|"/up"|"/down"|"/status"|\
            "/open"|"/logs"|"/spawn"|"/list"|\
            "/show"|"/send"|"/attach"|"/kill"|\
            "/wait"|"/backends"|"/tour"|"/env"|\
            "/uninstall"|"/doctor"|"/computer"|"/keys"|\
            "/event"|"/project"|"/manager"|"/config"|\
            "/completions"|"/computer/status"|"/keys/create"|"/keys/list"|\
            "/keys/revoke"|"/event/schedule"|"/event/list"|"/event/cancel"|\
            "/project/list"|"/project/add"|"/project/done"|"/manager/start"|\
            "/config/path"|"/config/show"|"/config/get"|"/config/set"|\
            "/config/unset"|"/completions/show"|"/completions/install"|"/completions/remove")
                path="$path/$word"; position=0; continue ;;
        esac
        case "$path $word" in
            "/serve --port"|"/serve --host"|"/up --port"|"/up --host"|\
            "/logs --lines"|"/logs -n"|"/spawn --task"|"/spawn -t"|\
            "/spawn --task-file"|"/spawn --workdir"|"/spawn -w"|"/spawn --backend"|\
            "/spawn -b"|"/spawn --model"|"/spawn -m"|"/spawn --command"|\
            "/spawn -c"|"/spawn --parent"|"/spawn -p"|"/spawn --role"|\
            "/spawn --env"|"/spawn -e"|"/list --parent"|"/list --health"|\
            "/show --lines"|"/show -n"|"/wait --health"|"/wait --timeout"|\
            "/tour --backend"|"/tour -b"|"/keys/create --user"|"/keys/create --scope"|\
            "/keys/create --expires"|"/event/schedule --sender"|"/event/schedule --at"|"/event/schedule --in"|\
            "/event/schedule --every"|"/event/schedule --id"|"/event/list --receiver"|"/manager/start --task"|\
            "/manager/start -t"|"/manager/start --workdir"|"/manager/start -w"|"/manager/start --backend"|\
            "/manager/start -b"|"/manager/start --model"|"/manager/start -m"|"/manager/start --command"|\
            "/manager/start -c")
                skip=1 ;;
            *" -"*) ;;
            *) position=$((position + 1)) ;;
        esac
    done

    case "$path $previous" in
        "/serve --port") kind=free ;;
        "/serve --host") kind=free ;;
        "/up --port") kind=free ;;
        "/up --host") kind=free ;;
        "/logs --lines") kind=free ;;
        "/logs -n") kind=free ;;
        "/spawn --task") kind=free ;;
        "/spawn -t") kind=free ;;
        "/spawn --task-file") kind=files ;;
        "/spawn --workdir") kind=files ;;
        "/spawn -w") kind=files ;;
        "/spawn --backend") kind=words; words="claude codex cursor opencode" ;;
        "/spawn -b") kind=words; words="claude codex cursor opencode" ;;
        "/spawn --model") kind=free ;;
        "/spawn -m") kind=free ;;
        "/spawn --command") kind=free ;;
        "/spawn -c") kind=free ;;
        "/spawn --parent") kind=agents ;;
        "/spawn -p") kind=agents ;;
        "/spawn --role") kind=free ;;
        "/spawn --env") kind=free ;;
        "/spawn -e") kind=free ;;
        "/list --parent") kind=agents ;;
        "/list --health") kind=words; words="working waiting idle stuck dead" ;;
        "/show --lines") kind=free ;;
        "/show -n") kind=free ;;
        "/wait --health") kind=words; words="working waiting idle stuck dead" ;;
        "/wait --timeout") kind=free ;;
        "/tour --backend") kind=words; words="claude codex cursor opencode" ;;
        "/tour -b") kind=words; words="claude codex cursor opencode" ;;
        "/keys/create --user") kind=free ;;
        "/keys/create --scope") kind=words; words="agents metrics anchors managed admin worker" ;;
        "/keys/create --expires") kind=free ;;
        "/event/schedule --sender") kind=free ;;
        "/event/schedule --at") kind=free ;;
        "/event/schedule --in") kind=free ;;
        "/event/schedule --every") kind=free ;;
        "/event/schedule --id") kind=free ;;
        "/event/list --receiver") kind=agents ;;
        "/manager/start --task") kind=free ;;
        "/manager/start -t") kind=free ;;
        "/manager/start --workdir") kind=files ;;
        "/manager/start -w") kind=files ;;
        "/manager/start --backend") kind=words; words="claude codex cursor opencode" ;;
        "/manager/start -b") kind=words; words="claude codex cursor opencode" ;;
        "/manager/start --model") kind=free ;;
        "/manager/start -m") kind=free ;;
        "/manager/start --command") kind=free ;;
        "/manager/start -c") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=words
        case "$path" in
            "") words="--help --version" ;;
            "/serve") words="--help --port --host" ;;
            "/up") words="--help --port --host --quiet --json" ;;
            "/down") words="--help --dry-run" ;;
            "/status") words="--help --json" ;;
            "/open") words="--help --print" ;;
            "/logs") words="--help --lines --follow" ;;
            "/spawn") words="--help --task --task-file --workdir --backend --model --command --parent --role --env --worktree --dry-run --json" ;;
            "/list") words="--help --parent --health --json" ;;
            "/show") words="--help --lines --json" ;;
            "/send") words="--help --enter --no-enter --raw --force --dry-run --json" ;;
            "/attach") words="--help --dry-run" ;;
            "/kill") words="--help --force --tree --dry-run --json" ;;
            "/wait") words="--help --health --timeout --json" ;;
            "/backends") words="--help --json" ;;
            "/tour") words="--help --keep --yes --demo --backend --json" ;;
            "/env") words="--help --json" ;;
            "/uninstall") words="--help --purge --yes --dry-run --json" ;;
            "/doctor") words="--help --json" ;;
            "/computer") words="--help" ;;
            "/computer/status") words="--help --json" ;;
            "/keys") words="--help" ;;
            "/keys/create") words="--help --user --scope --expires --json" ;;
            "/keys/list") words="--help --json" ;;
            "/keys/revoke") words="--help --dry-run" ;;
            "/event") words="--help" ;;
            "/event/schedule") words="--help --sender --at --in --every --id --allow-missing --dry-run --json" ;;
            "/event/list") words="--help --receiver --dead --json" ;;
            "/event/cancel") words="--help --dry-run --json" ;;
            "/project") words="--help" ;;
            "/project/list") words="--help --json" ;;
            "/project/add") words="--help --dry-run --json" ;;
            "/project/done") words="--help --dry-run --json" ;;
            "/manager") words="--help" ;;
            "/manager/start") words="--help --task --workdir --backend --model --command --dry-run --json" ;;
            "/config") words="--help" ;;
            "/config/path") words="--help" ;;
            "/config/show") words="--help --json" ;;
            "/config/get") words="--help" ;;
            "/config/set") words="--help" ;;
            "/config/unset") words="--help" ;;
            "/completions") words="--help" ;;
            "/completions/show") words="--help" ;;
            "/completions/install") words="--help" ;;
            "/completions/remove") words="--help" ;;
        esac
    elif [[ -z $kind ]]; then
        case "$path $position" in
            " 0") kind=words; words="serve up down status open logs spawn list show send attach kill wait backends tour env uninstall doctor computer keys event project manager config completions" ;;
            "/computer 0") kind=words; words="status" ;;
            "/keys 0") kind=words; words="create list revoke" ;;
            "/event 0") kind=words; words="schedule list cancel" ;;
            "/project 0") kind=words; words="list add done" ;;
            "/manager 0") kind=words; words="start" ;;
            "/config 0") kind=words; words="path show get set unset" ;;
            "/completions 0") kind=words; words="show install remove" ;;
            "/spawn 0") kind=free ;;
            "/show 0") kind=agents ;;
            "/send 0") kind=agents ;;
            "/send 1") kind=free ;;
            "/attach 0") kind=agents ;;
            "/kill "*) kind=agents ;;
            "/wait "*) kind=agents ;;
            "/keys/create 0") kind=free ;;
            "/keys/revoke 0") kind=free ;;
            "/event/schedule 0") kind=agents ;;
            "/event/schedule 1") kind=free ;;
            "/event/cancel "*) kind=free ;;
            "/project/add 0") kind=free ;;
            "/project/done 0") kind=free ;;
            "/config/get 0") kind=free ;;
            "/config/set 0") kind=free ;;
            "/config/set 1") kind=free ;;
            "/config/unset 0") kind=free ;;
            "/completions/show 0") kind=words; words="bash zsh fish" ;;
            "/completions/install 0") kind=words; words="bash zsh fish" ;;
            "/completions/remove 0") kind=words; words="bash zsh fish" ;;
        esac
    fi

    case "$kind" in
        agents) words="$("$1" completions agents 2>/dev/null)" ;;
        files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
        folders) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F _omar_completion omar
