# Completion of omas for bash. Made by `omas completions show bash`; edits will be lost.

_omas_completion() {
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
            "/scan"|"/report"|"/show"|"/list"|\
            "/trend"|"/export"|"/upload"|"/me"|\
            "/uninstall"|"/doctor"|"/queue"|"/leaderboard"|\
            "/schedule"|"/auth"|"/privacy"|"/config"|\
            "/completions"|"/queue/list"|"/queue/retry"|"/queue/drop"|\
            "/leaderboard/join"|"/leaderboard/leave"|"/schedule/install"|"/schedule/status"|\
            "/schedule/remove"|"/auth/login"|"/auth/status"|"/auth/logout"|\
            "/privacy/show"|"/config/path"|"/config/show"|"/config/get"|\
            "/config/set"|"/config/unset"|"/completions/show"|"/completions/install"|\
            "/completions/remove")
                path="$path/$word"; position=0; continue ;;
        esac
        case "$path $word" in
            "/scan --since"|"/scan --project"|"/scan --tool"|"/report --since"|\
            "/report --project"|"/report --tool"|"/list --since"|"/list --project"|\
            "/list --tool"|"/list -n"|"/list --limit"|"/trend --since"|\
            "/trend --project"|"/trend --tool"|"/trend --by"|"/trend --dimension"|\
            "/export --since"|"/export --project"|"/export --tool"|"/export --out"|\
            "/export --output"|"/export -o"|"/upload --server"|"/me --server"|\
            "/me -n"|"/me --limit"|"/leaderboard --server"|"/leaderboard --period"|\
            "/leaderboard -n"|"/leaderboard --limit"|"/leaderboard/join --server"|"/leaderboard/leave --server"|\
            "/auth/login --server"|"/auth/status --server"|"/auth/logout --server")
                skip=1 ;;
            *" -"*) ;;
            *) position=$((position + 1)) ;;
        esac
    done

    case "$path $previous" in
        "/scan --since") kind=free ;;
        "/scan --project") kind=free ;;
        "/scan --tool") kind=free ;;
        "/report --since") kind=free ;;
        "/report --project") kind=free ;;
        "/report --tool") kind=free ;;
        "/list --since") kind=free ;;
        "/list --project") kind=free ;;
        "/list --tool") kind=free ;;
        "/list -n") kind=free ;;
        "/list --limit") kind=free ;;
        "/trend --since") kind=free ;;
        "/trend --project") kind=free ;;
        "/trend --tool") kind=free ;;
        "/trend --by") kind=words; words="day week month" ;;
        "/trend --dimension") kind=words; words="all p l b z overall" ;;
        "/export --since") kind=free ;;
        "/export --project") kind=free ;;
        "/export --tool") kind=free ;;
        "/export --out") kind=files ;;
        "/export --output") kind=files ;;
        "/export -o") kind=files ;;
        "/upload --server") kind=free ;;
        "/me --server") kind=free ;;
        "/me -n") kind=free ;;
        "/me --limit") kind=free ;;
        "/leaderboard --server") kind=free ;;
        "/leaderboard --period") kind=words; words="day week month year all" ;;
        "/leaderboard -n") kind=free ;;
        "/leaderboard --limit") kind=free ;;
        "/leaderboard/join --server") kind=free ;;
        "/leaderboard/leave --server") kind=free ;;
        "/auth/login --server") kind=free ;;
        "/auth/status --server") kind=free ;;
        "/auth/logout --server") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=words
        case "$path" in
            "") words="--help --version" ;;
            "/scan") words="--help --since --project --tool --force --verbose --json" ;;
            "/report") words="--help --since --project --tool --json" ;;
            "/show") words="--help --json" ;;
            "/list") words="--help --since --project --tool --limit --json" ;;
            "/trend") words="--help --since --project --tool --by --dimension --json" ;;
            "/export") words="--help --since --project --tool --csv --html --json --out --output" ;;
            "/upload") words="--help --server --dry-run --retry-only --quiet --include-active" ;;
            "/me") words="--help --server --limit --delete --yes --dry-run --json" ;;
            "/uninstall") words="--help --purge --yes --dry-run --json" ;;
            "/doctor") words="--help --json" ;;
            "/queue") words="--help" ;;
            "/queue/list") words="--help --json" ;;
            "/queue/retry") words="--help --all" ;;
            "/queue/drop") words="--help --all --dry-run" ;;
            "/leaderboard") words="--help --server --period --limit --json" ;;
            "/leaderboard/join") words="--help --server" ;;
            "/leaderboard/leave") words="--help --server" ;;
            "/schedule") words="--help" ;;
            "/schedule/install") words="--help --dry-run" ;;
            "/schedule/status") words="--help --json" ;;
            "/schedule/remove") words="--help --dry-run" ;;
            "/auth") words="--help" ;;
            "/auth/login") words="--help --local --server --token-stdin --key-stdin" ;;
            "/auth/status") words="--help --server --json" ;;
            "/auth/logout") words="--help --server" ;;
            "/privacy") words="--help" ;;
            "/privacy/show") words="--help --json" ;;
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
            " 0") kind=words; words="scan report show list trend export upload me uninstall doctor queue leaderboard schedule auth privacy config completions" ;;
            "/queue 0") kind=words; words="list retry drop" ;;
            "/leaderboard 0") kind=words; words="join leave" ;;
            "/schedule 0") kind=words; words="install status remove" ;;
            "/auth 0") kind=words; words="login status logout" ;;
            "/privacy 0") kind=words; words="show" ;;
            "/config 0") kind=words; words="path show get set unset" ;;
            "/completions 0") kind=words; words="show install remove" ;;
            "/show 0") kind=free ;;
            "/queue/retry 0") kind=free ;;
            "/queue/drop 0") kind=free ;;
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

complete -F _omas_completion omas
