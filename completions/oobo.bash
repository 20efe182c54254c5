# Completion of oobo for bash. Made by `oobo completions show bash`; edits will be lost.

_oobo_completion() {
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
            "/install"|"/init"|"/uninstall"|"/status"|\
            "/anchors"|"/show"|"/explain"|"/blame"|\
            "/why"|"/stats"|"/dash"|"/share"|\
            "/export"|"/sync"|"/transparency"|"/ignore"|\
            "/unignore"|"/redact"|"/doctor"|"/sessions"|\
            "/agent"|"/outbox"|"/auth"|"/config"|\
            "/completions"|"/sessions/list"|"/sessions/show"|"/sessions/search"|\
            "/agent/install"|"/agent/uninstall"|"/agent/status"|"/outbox/list"|\
            "/outbox/retry"|"/outbox/drop"|"/auth/login"|"/auth/logout"|\
            "/auth/status"|"/auth/set-remote"|"/config/path"|"/config/show"|\
            "/config/get"|"/config/set"|"/config/unset"|"/completions/show"|\
            "/completions/install"|"/completions/remove")
                path="$path/$word"; position=0; continue ;;
        esac
        case "$path $word" in
            "/install --path"|"/init --all"|"/uninstall --path"|"/anchors -n"|\
            "/anchors --limit"|"/anchors --since"|"/blame --commit"|"/stats --since"|\
            "/share --out"|"/share --output"|"/share -o"|"/export --since"|\
            "/export --out"|"/export --output"|"/export -o"|"/sessions/list -n"|\
            "/sessions/list --limit"|"/sessions/list --since"|"/sessions/list --tool"|"/sessions/search -n"|\
            "/sessions/search --limit"|"/sessions/search --tool"|"/auth/login --server")
                skip=1 ;;
            *" -"*) ;;
            *) position=$((position + 1)) ;;
        esac
    done

    case "$path $previous" in
        "/install --path") kind=files ;;
        "/init --all") kind=files ;;
        "/uninstall --path") kind=files ;;
        "/anchors -n") kind=free ;;
        "/anchors --limit") kind=free ;;
        "/anchors --since") kind=free ;;
        "/blame --commit") kind=free ;;
        "/stats --since") kind=free ;;
        "/share --out") kind=files ;;
        "/share --output") kind=files ;;
        "/share -o") kind=files ;;
        "/export --since") kind=free ;;
        "/export --out") kind=files ;;
        "/export --output") kind=files ;;
        "/export -o") kind=files ;;
        "/sessions/list -n") kind=free ;;
        "/sessions/list --limit") kind=free ;;
        "/sessions/list --since") kind=free ;;
        "/sessions/list --tool") kind=free ;;
        "/sessions/search -n") kind=free ;;
        "/sessions/search --limit") kind=free ;;
        "/sessions/search --tool") kind=free ;;
        "/auth/login --server") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=words
        case "$path" in
            "") words="--help --version" ;;
            "/install") words="--help --path --global --yes --dry-run --json" ;;
            "/init") words="--help --all --yes --dry-run --json" ;;
            "/uninstall") words="--help --path --global --all --purge --yes --dry-run --json" ;;
            "/status") words="--help --json" ;;
            "/anchors") words="--help --limit --since --all --json" ;;
            "/show") words="--help --json" ;;
            "/explain") words="--help --json" ;;
            "/blame") words="--help --commit --json" ;;
            "/why") words="--help --scores --no-scores --json" ;;
            "/stats") words="--help --since --all --json" ;;
            "/dash") words="--help --json" ;;
            "/share") words="--help --out --output --local --anonymous --dry-run --json" ;;
            "/export") words="--help --agent-trace --since --out --output --json" ;;
            "/sync") words="--help --git --due --dry-run --quiet --json" ;;
            "/transparency") words="--help --global --json" ;;
            "/ignore") words="--help" ;;
            "/unignore") words="--help" ;;
            "/redact") words="--help --check --json" ;;
            "/doctor") words="--help --json" ;;
            "/sessions") words="--help" ;;
            "/sessions/list") words="--help --limit --since --tool --all --json" ;;
            "/sessions/show") words="--help --json" ;;
            "/sessions/search") words="--help --limit --tool --all --json" ;;
            "/agent") words="--help" ;;
            "/agent/install") words="--help --dry-run --json" ;;
            "/agent/uninstall") words="--help --dry-run --json" ;;
            "/agent/status") words="--help --json" ;;
            "/outbox") words="--help" ;;
            "/outbox/list") words="--help --json" ;;
            "/outbox/retry") words="--help" ;;
            "/outbox/drop") words="--help --all --dry-run" ;;
            "/auth") words="--help" ;;
            "/auth/login") words="--help --local --server --key-stdin --token-stdin" ;;
            "/auth/logout") words="--help" ;;
            "/auth/status") words="--help --json" ;;
            "/auth/set-remote") words="--help" ;;
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
            " 0") kind=words; words="install init uninstall status anchors show explain blame why stats dash share export sync transparency ignore unignore redact doctor sessions agent outbox auth config completions" ;;
            "/sessions 0") kind=words; words="list show search" ;;
            "/agent 0") kind=words; words="install uninstall status" ;;
            "/outbox 0") kind=words; words="list retry drop" ;;
            "/auth 0") kind=words; words="login logout status set-remote" ;;
            "/config 0") kind=words; words="path show get set unset" ;;
            "/completions 0") kind=words; words="show install remove" ;;
            "/show 0") kind=free ;;
            "/explain 0") kind=free ;;
            "/blame 0") kind=free ;;
            "/why 0") kind=free ;;
            "/share 0") kind=free ;;
            "/export 0") kind=free ;;
            "/transparency 0") kind=words; words="on off" ;;
            "/redact 0") kind=free ;;
            "/sessions/show 0") kind=free ;;
            "/sessions/search 0") kind=free ;;
            "/agent/install "*) kind=agents ;;
            "/agent/uninstall "*) kind=agents ;;
            "/outbox/retry 0") kind=free ;;
            "/outbox/drop 0") kind=free ;;
            "/auth/set-remote 0") kind=free ;;
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

complete -F _oobo_completion oobo
