#compdef omas
# Completion of omas for zsh. Made by `omas completions show zsh`; edits will be lost.

_omas() {
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
            ("/scan"|"/report"|"/show"|"/list"|"/trend"|"/export"|"/upload"|"/me"|"/uninstall"|"/doctor"|"/queue"|"/leaderboard"|"/schedule"|"/auth"|"/privacy"|"/config"|"/completions"|"/queue/list"|"/queue/retry"|"/queue/drop"|"/leaderboard/join"|"/leaderboard/leave"|"/schedule/install"|"/schedule/status"|"/schedule/remove"|"/auth/login"|"/auth/status"|"/auth/logout"|"/privacy/show"|"/config/path"|"/config/show"|"/config/get"|"/config/set"|"/config/unset"|"/completions/show"|"/completions/install"|"/completions/remove")
                place="$place/$word"; position=0; continue ;;
        esac
        case "$place $word" in
            ("/scan --since"|"/scan --project"|"/scan --tool"|"/report --since"|"/report --project"|"/report --tool"|"/list --since"|"/list --project"|"/list --tool"|"/list -n"|"/list --limit"|"/trend --since"|"/trend --project"|"/trend --tool"|"/trend --by"|"/trend --dimension"|"/export --since"|"/export --project"|"/export --tool"|"/export --out"|"/export --output"|"/export -o"|"/upload --server"|"/me --server"|"/me -n"|"/me --limit"|"/leaderboard --server"|"/leaderboard --period"|"/leaderboard -n"|"/leaderboard --limit"|"/leaderboard/join --server"|"/leaderboard/leave --server"|"/auth/login --server"|"/auth/status --server"|"/auth/logout --server")
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
        ("/scan --since") kind=free ;;
        ("/scan --project") kind=free ;;
        ("/scan --tool") kind=free ;;
        ("/report --since") kind=free ;;
        ("/report --project") kind=free ;;
        ("/report --tool") kind=free ;;
        ("/list --since") kind=free ;;
        ("/list --project") kind=free ;;
        ("/list --tool") kind=free ;;
        ("/list -n") kind=free ;;
        ("/list --limit") kind=free ;;
        ("/trend --since") kind=free ;;
        ("/trend --project") kind=free ;;
        ("/trend --tool") kind=free ;;
        ("/trend --by") kind=words; found=('day' 'week' 'month') ;;
        ("/trend --dimension") kind=words; found=('all' 'p' 'l' 'b' 'z' 'overall') ;;
        ("/export --since") kind=free ;;
        ("/export --project") kind=free ;;
        ("/export --tool") kind=free ;;
        ("/export --out") kind=files ;;
        ("/export --output") kind=files ;;
        ("/export -o") kind=files ;;
        ("/upload --server") kind=free ;;
        ("/me --server") kind=free ;;
        ("/me -n") kind=free ;;
        ("/me --limit") kind=free ;;
        ("/leaderboard --server") kind=free ;;
        ("/leaderboard --period") kind=words; found=('day' 'week' 'month' 'year' 'all') ;;
        ("/leaderboard -n") kind=free ;;
        ("/leaderboard --limit") kind=free ;;
        ("/leaderboard/join --server") kind=free ;;
        ("/leaderboard/leave --server") kind=free ;;
        ("/auth/login --server") kind=free ;;
        ("/auth/status --server") kind=free ;;
        ("/auth/logout --server") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=options
        case "$place" in
            ("") found=('--help:show help' '--version:Print the version and leave') ;;
            ("/scan") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project:Projects whose path contains this' '--tool:Only this tool (may be given again)' '--force:Read unchanged sessions too' '--verbose:Say which lines were skipped' '--json:Print one JSON document on stdout') ;;
            ("/report") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project:Projects whose path contains this' '--tool:Only this tool (may be given again)' '--json:Print one JSON document on stdout') ;;
            ("/show") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/list") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project:Projects whose path contains this' '--tool:Only this tool (may be given again)' '--limit:Most rows of the table' '--json:Print one JSON document on stdout') ;;
            ("/trend") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project:Projects whose path contains this' '--tool:Only this tool (may be given again)' '--by:What one column stands for' '--dimension:One of them also gets bars' '--json:Print one JSON document on stdout') ;;
            ("/export") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project:Projects whose path contains this' '--tool:Only this tool (may be given again)' '--csv:One row per session' '--html:One page with radar, trend and heat map' '--json:One JSON document (the default)' '--out:Write this file instead' '--output:Write this file instead') ;;
            ("/upload") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon' '--dry-run:Print the exact bytes and send nothing' '--retry-only:Send nothing but what already waits' '--quiet:Say nothing when all is well' '--include-active:Also sessions written to in the last 30 minutes') ;;
            ("/me") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon' '--limit:Most rows of the table' '--delete:Have the server delete all your sessions' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/uninstall") found=('--help:show help' '--purge:Also remove the folders of its own, with all that was recorded' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/doctor") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/queue") found=('--help:show help') ;;
            ("/queue/list") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/queue/retry") found=('--help:show help' '--all:All of them') ;;
            ("/queue/drop") found=('--help:show help' '--all:All of them' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/leaderboard") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon' '--period:How far back' '--limit:Most rows of the table' '--json:Print one JSON document on stdout') ;;
            ("/leaderboard/join") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon') ;;
            ("/leaderboard/leave") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon') ;;
            ("/schedule") found=('--help:show help') ;;
            ("/schedule/install") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/schedule/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/schedule/remove") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/auth") found=('--help:show help') ;;
            ("/auth/login") found=('--help:show help' '--local:This machine'\''s daemon' '--server:Server address, or `local` for this machine'\''s daemon' '--token-stdin:Read the key from stdin' '--key-stdin:Read the key from stdin') ;;
            ("/auth/status") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon' '--json:Print one JSON document on stdout') ;;
            ("/auth/logout") found=('--help:show help' '--server:Server address, or `local` for this machine'\''s daemon') ;;
            ("/privacy") found=('--help:show help') ;;
            ("/privacy/show") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
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
            (" 0") kind=words; found=('scan:Read new and changed session logs into the ledger' 'report:Show how the sessions add up' 'show:Show every number of one session' 'list:List the sessions of the ledger, newest first' 'trend:Show how the scores move' 'export:Write all sessions as JSON, CSV or an HTML page' 'upload:Send the scores of finished sessions' 'me:Show what the server has of you' 'uninstall:Take back what omas put outside its own folder: hourly retries, compl…' 'doctor:Check that everything needed is there' 'queue:See and change what waits for upload' 'leaderboard:Show who is listed on the server' 'schedule:Have queued uploads retried every hour' 'auth:Log in to a server, see and forget the key' 'privacy:See what leaves this machine' 'config:Show and change settings' 'completions:Complete commands and agent names in bash, zsh and fish') ;;
            ("/queue 0") kind=words; found=('list:List sessions that wait or are parked' 'retry:Give sessions five new attempts, due now' 'drop:Take sessions out of the queue for good') ;;
            ("/leaderboard 0") kind=words; found=('join:Let others see your rank' 'leave:Be listed no longer') ;;
            ("/schedule 0") kind=words; found=('install:Add a marked line to the crontab, or a systemd timer' 'status:Say whether it is installed' 'remove:Take it out again') ;;
            ("/auth 0") kind=words; found=('login:Get a key and have the server confirm it' 'status:Ask the server whose key this is' 'logout:Forget the key on this machine') ;;
            ("/privacy 0") kind=words; found=('show:Show what is sent, what never is, and the salt') ;;
            ("/config 0") kind=words; found=('path:Print where the configuration file is' 'show:Show every setting, its value and where the value comes from' 'get:Print one value' 'set:Write one value into the configuration file' 'unset:Take one value out of the configuration file, so that its default cou…') ;;
            ("/completions 0") kind=words; found=('show:Print the completion file' 'install:Put the completion file where the shell looks' 'remove:Undo `install`') ;;
            ("/show 0") kind=free ;;
            ("/queue/retry 0") kind=free ;;
            ("/queue/drop 0") kind=free ;;
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

if [[ "${funcstack[1]}" == "_omas" ]]; then
    _omas "$@"
elif (( $+functions[compdef] )); then
    compdef _omas omas
fi
