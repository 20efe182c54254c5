#compdef oobo
# Completion of oobo for zsh. Made by `oobo completions show zsh`; edits will be lost.

_oobo() {
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
            ("/install"|"/init"|"/uninstall"|"/status"|"/anchors"|"/show"|"/explain"|"/blame"|"/why"|"/stats"|"/dash"|"/share"|"/export"|"/sync"|"/transparency"|"/ignore"|"/unignore"|"/redact"|"/doctor"|"/sessions"|"/agent"|"/outbox"|"/auth"|"/config"|"/completions"|"/sessions/list"|"/sessions/show"|"/sessions/search"|"/agent/install"|"/agent/uninstall"|"/agent/status"|"/outbox/list"|"/outbox/retry"|"/outbox/drop"|"/auth/login"|"/auth/logout"|"/auth/status"|"/auth/set-remote"|"/config/path"|"/config/show"|"/config/get"|"/config/set"|"/config/unset"|"/completions/show"|"/completions/install"|"/completions/remove")
                place="$place/$word"; position=0; continue ;;
        esac
        case "$place $word" in
            ("/install --path"|"/init --all"|"/uninstall --path"|"/anchors -n"|"/anchors --limit"|"/anchors --since"|"/blame --commit"|"/stats --since"|"/share --out"|"/share --output"|"/share -o"|"/export --since"|"/export --out"|"/export --output"|"/export -o"|"/sessions/list -n"|"/sessions/list --limit"|"/sessions/list --since"|"/sessions/list --tool"|"/sessions/search -n"|"/sessions/search --limit"|"/sessions/search --tool"|"/auth/login --server")
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
        ("/install --path") kind=files ;;
        ("/init --all") kind=files ;;
        ("/uninstall --path") kind=files ;;
        ("/anchors -n") kind=free ;;
        ("/anchors --limit") kind=free ;;
        ("/anchors --since") kind=free ;;
        ("/blame --commit") kind=free ;;
        ("/stats --since") kind=free ;;
        ("/share --out") kind=files ;;
        ("/share --output") kind=files ;;
        ("/share -o") kind=files ;;
        ("/export --since") kind=free ;;
        ("/export --out") kind=files ;;
        ("/export --output") kind=files ;;
        ("/export -o") kind=files ;;
        ("/sessions/list -n") kind=free ;;
        ("/sessions/list --limit") kind=free ;;
        ("/sessions/list --since") kind=free ;;
        ("/sessions/list --tool") kind=free ;;
        ("/sessions/search -n") kind=free ;;
        ("/sessions/search --limit") kind=free ;;
        ("/sessions/search --tool") kind=free ;;
        ("/auth/login --server") kind=free ;;
    esac
    if [[ -z $kind && $current == -* ]]; then
        kind=options
        case "$place" in
            ("") found=('--help:show help' '--version:Print the version and leave') ;;
            ("/install") found=('--help:show help' '--path:A folder of the repository' '--global:For all repositories that are made from now on' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/init") found=('--help:show help' '--all:Every one below this folder' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/uninstall") found=('--help:show help' '--path:A folder of the repository' '--global:For all repositories that are made from now on' '--all:From every repository known, from the agents, and the completions: to…' '--purge:Also remove the folders of its own, with all that was recorded' '--yes:Do not ask' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/anchors") found=('--help:show help' '--limit:How many' '--since:From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--all:Of every repository' '--json:Print one JSON document on stdout') ;;
            ("/show") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/explain") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/blame") found=('--help:show help' '--commit:As of this commit' '--json:Print one JSON document on stdout') ;;
            ("/why") found=('--help:show help' '--scores:Ask omas for the session'\''s scores' '--no-scores:Ask omas for the session'\''s scores' '--json:Print one JSON document on stdout') ;;
            ("/stats") found=('--help:show help' '--since:From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--all:Of every repository' '--json:Print one JSON document on stdout') ;;
            ("/dash") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/share") found=('--help:show help' '--out:Write this file instead' '--output:Write this file instead' '--local:On this machine'\''s daemon' '--anonymous:Without a key: the page belongs to nobody' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/export") found=('--help:show help' '--agent-trace:In the Agent Trace format' '--since:From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--out:Write this file instead' '--output:Write this file instead' '--json:Print one JSON document on stdout') ;;
            ("/sync") found=('--help:show help' '--git:Share anchors by the repository'\''s own remote, too' '--due:Only what is due: keep to pauses and waiting times' '--dry-run:Show exactly what would be done, and do nothing' '--quiet:Say nothing when all is well' '--json:Print one JSON document on stdout') ;;
            ("/transparency") found=('--help:show help' '--global:As the default of all repositories' '--json:Print one JSON document on stdout') ;;
            ("/ignore") found=('--help:show help') ;;
            ("/unignore") found=('--help:show help') ;;
            ("/redact") found=('--help:show help' '--check:Only say what would be taken' '--json:Print one JSON document on stdout') ;;
            ("/doctor") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/sessions") found=('--help:show help') ;;
            ("/sessions/list") found=('--help:show help' '--limit:How many' '--since:From this time on: 2026-03-01, or 7d, 2w, 3mo ago' '--tool:Only of this tool, as in `claude`' '--all:Of every repository' '--json:Print one JSON document on stdout') ;;
            ("/sessions/show") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/sessions/search") found=('--help:show help' '--limit:How many' '--tool:Only of this tool, as in `claude`' '--all:Of every repository' '--json:Print one JSON document on stdout') ;;
            ("/agent") found=('--help:show help') ;;
            ("/agent/install") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/agent/uninstall") found=('--help:show help' '--dry-run:Show exactly what would be done, and do nothing' '--json:Print one JSON document on stdout') ;;
            ("/agent/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/outbox") found=('--help:show help') ;;
            ("/outbox/list") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/outbox/retry") found=('--help:show help') ;;
            ("/outbox/drop") found=('--help:show help' '--all:All of them' '--dry-run:Show exactly what would be done, and do nothing') ;;
            ("/auth") found=('--help:show help') ;;
            ("/auth/login") found=('--help:show help' '--local:This machine'\''s daemon' '--server:Address of the server, or `local`' '--key-stdin:Read the key from stdin' '--token-stdin:Read the key from stdin') ;;
            ("/auth/logout") found=('--help:show help') ;;
            ("/auth/status") found=('--help:show help' '--json:Print one JSON document on stdout') ;;
            ("/auth/set-remote") found=('--help:show help') ;;
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
            (" 0") kind=words; found=('install:Put the hooks into a repository' 'init:Put the hooks into this repository, or into each one below a folder' 'uninstall:Take the hooks out and put back what was there, byte for byte' 'status:Hooks, anchors, outbox and server at a glance' 'anchors:List the newest anchors' 'show:Show a commit'\''s anchor' 'explain:Say why each session is linked to a commit, and why others are not' 'blame:Show a file line by line: written by an agent (A) or a person (H)' 'why:Tell where a line came from: commit, session, prompt, agent, task, sc…' 'stats:Lines, agents, models and tokens of the anchors here' 'dash:Server, outbox, sync, and the AI share of the last weeks' 'share:Share one redacted session: print the address of its page, or write .…' 'export:Write anchors in an open format, one record per line' 'sync:Send everything that waits, now: also what a pause or a waiting time…' 'transparency:Show or set whether redacted transcripts are sent with anchors' 'ignore:Make no anchors in this repository' 'unignore:Make anchors in this repository again' 'redact:Print a text without its secrets, or say which it holds' 'doctor:Check that everything needed is there' 'sessions:The AI sessions themselves, as their logs tell them' 'agent:The hooks inside the agents, which record each edit as it happens' 'outbox:See and change what waits to be sent' 'auth:The server, its key, and whether anchors are sent' 'config:Show and change settings' 'completions:Complete commands and agent names in bash, zsh and fish') ;;
            ("/sessions 0") kind=words; found=('list:List the newest sessions, and how many commits each stands behind' 'show:Show a session with its messages' 'search:Find the sessions in which something was said') ;;
            ("/agent 0") kind=words; found=('install:Merge our hooks into the settings of agents' 'uninstall:Take our hooks out of the settings of agents, and nothing else' 'status:Show which agents have our hooks') ;;
            ("/outbox 0") kind=words; found=('list:List what waits, and why' 'retry:Send one item again, or all, parked ones too' 'drop:Take an item out for good') ;;
            ("/auth 0") kind=words; found=('login:Keep a key the server confirms, and switch sync on' 'logout:Forget the key and send nothing any more' 'status:Ask the server whose key this is' 'set-remote:Send anchors to another server') ;;
            ("/config 0") kind=words; found=('path:Print where the configuration file is' 'show:Show every setting, its value and where the value comes from' 'get:Print one value' 'set:Write one value into the configuration file' 'unset:Take one value out of the configuration file, so that its default cou…') ;;
            ("/completions 0") kind=words; found=('show:Print the completion file' 'install:Put the completion file where the shell looks' 'remove:Undo `install`') ;;
            ("/show 0") kind=free ;;
            ("/explain 0") kind=free ;;
            ("/blame 0") kind=free ;;
            ("/why 0") kind=free ;;
            ("/share 0") kind=free ;;
            ("/export 0") kind=free ;;
            ("/transparency 0") kind=words; found=('on' 'off') ;;
            ("/redact 0") kind=free ;;
            ("/sessions/show 0") kind=free ;;
            ("/sessions/search 0") kind=free ;;
            ("/agent/install "*) kind=agents ;;
            ("/agent/uninstall "*) kind=agents ;;
            ("/outbox/retry 0") kind=free ;;
            ("/outbox/drop 0") kind=free ;;
            ("/auth/set-remote 0") kind=free ;;
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

if [[ "${funcstack[1]}" == "_oobo" ]]; then
    _oobo "$@"
elif (( $+functions[compdef] )); then
    compdef _oobo oobo
fi
