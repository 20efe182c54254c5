# Completion of omas for fish. Made by `omas completions show fish`; edits will be lost.

function _omas_completion
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
            case '/scan' '/report' '/show' '/list' '/trend' '/export' '/upload' '/me' '/uninstall' '/doctor' '/queue' '/leaderboard' '/schedule' '/auth' '/privacy' '/config' '/completions' '/queue/list' '/queue/retry' '/queue/drop' '/leaderboard/join' '/leaderboard/leave' '/schedule/install' '/schedule/status' '/schedule/remove' '/auth/login' '/auth/status' '/auth/logout' '/privacy/show' '/config/path' '/config/show' '/config/get' '/config/set' '/config/unset' '/completions/show' '/completions/install' '/completions/remove'
                set path "$path/$word"
                set position 0
                continue
        end
        switch "$path $word"
            case '/scan --since' '/scan --project' '/scan --tool' '/report --since' '/report --project' '/report --tool' '/list --since' '/list --project' '/list --tool' '/list -n' '/list --limit' '/trend --since' '/trend --project' '/trend --tool' '/trend --by' '/trend --dimension' '/export --since' '/export --project' '/export --tool' '/export --out' '/export --output' '/export -o' '/upload --server' '/me --server' '/me -n' '/me --limit' '/leaderboard --server' '/leaderboard --period' '/leaderboard -n' '/leaderboard --limit' '/leaderboard/join --server' '/leaderboard/leave --server' '/auth/login --server' '/auth/status --server' '/auth/logout --server'
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
        case '/scan --since'
            return
        case '/scan --project'
            return
        case '/scan --tool'
            return
        case '/report --since'
            return
        case '/report --project'
            return
        case '/report --tool'
            return
        case '/list --since'
            return
        case '/list --project'
            return
        case '/list --tool'
            return
        case '/list -n'
            return
        case '/list --limit'
            return
        case '/trend --since'
            return
        case '/trend --project'
            return
        case '/trend --tool'
            return
        case '/trend --by'
            printf '%s\n' "$glued"'day' "$glued"'week' "$glued"'month'
            return
        case '/trend --dimension'
            printf '%s\n' "$glued"'all' "$glued"'p' "$glued"'l' "$glued"'b' "$glued"'z' "$glued"'overall'
            return
        case '/export --since'
            return
        case '/export --project'
            return
        case '/export --tool'
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
        case '/upload --server'
            return
        case '/me --server'
            return
        case '/me -n'
            return
        case '/me --limit'
            return
        case '/leaderboard --server'
            return
        case '/leaderboard --period'
            printf '%s\n' "$glued"'day' "$glued"'week' "$glued"'month' "$glued"'year' "$glued"'all'
            return
        case '/leaderboard -n'
            return
        case '/leaderboard --limit'
            return
        case '/leaderboard/join --server'
            return
        case '/leaderboard/leave --server'
            return
        case '/auth/login --server'
            return
        case '/auth/status --server'
            return
        case '/auth/logout --server'
            return
    end
    if string match -q -- '-*' $current
        switch "$path"
            case ''
                printf '%s\t%s\n' '--help' 'show help' '--version' 'Print the version and leave'
            case '/scan'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project' 'Projects whose path contains this' '--tool' 'Only this tool (may be given again)' '--force' 'Read unchanged sessions too' '--verbose' 'Say which lines were skipped' '--json' 'Print one JSON document on stdout'
            case '/report'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project' 'Projects whose path contains this' '--tool' 'Only this tool (may be given again)' '--json' 'Print one JSON document on stdout'
            case '/show'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/list'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project' 'Projects whose path contains this' '--tool' 'Only this tool (may be given again)' '--limit' 'Most rows of the table' '--json' 'Print one JSON document on stdout'
            case '/trend'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project' 'Projects whose path contains this' '--tool' 'Only this tool (may be given again)' '--by' 'What one column stands for' '--dimension' 'One of them also gets bars' '--json' 'Print one JSON document on stdout'
            case '/export'
                printf '%s\t%s\n' '--help' 'show help' '--since' 'From this time on: 2026-03-01, or 7d, 12h, 2w ago' '--project' 'Projects whose path contains this' '--tool' 'Only this tool (may be given again)' '--csv' 'One row per session' '--html' 'One page with radar, trend and heat map' '--json' 'One JSON document (the default)' '--out' 'Write this file instead' '--output' 'Write this file instead'
            case '/upload'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon' '--dry-run' 'Print the exact bytes and send nothing' '--retry-only' 'Send nothing but what already waits' '--quiet' 'Say nothing when all is well' '--include-active' 'Also sessions written to in the last 30 minutes'
            case '/me'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon' '--limit' 'Most rows of the table' '--delete' 'Have the server delete all your sessions' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/uninstall'
                printf '%s\t%s\n' '--help' 'show help' '--purge' 'Also remove the folders of its own, with all that was recorded' '--yes' 'Do not ask' '--dry-run' 'Show exactly what would be done, and do nothing' '--json' 'Print one JSON document on stdout'
            case '/doctor'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/queue'
                printf '%s\t%s\n' '--help' 'show help'
            case '/queue/list'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/queue/retry'
                printf '%s\t%s\n' '--help' 'show help' '--all' 'All of them'
            case '/queue/drop'
                printf '%s\t%s\n' '--help' 'show help' '--all' 'All of them' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/leaderboard'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon' '--period' 'How far back' '--limit' 'Most rows of the table' '--json' 'Print one JSON document on stdout'
            case '/leaderboard/join'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon'
            case '/leaderboard/leave'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon'
            case '/schedule'
                printf '%s\t%s\n' '--help' 'show help'
            case '/schedule/install'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/schedule/status'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
            case '/schedule/remove'
                printf '%s\t%s\n' '--help' 'show help' '--dry-run' 'Show exactly what would be done, and do nothing'
            case '/auth'
                printf '%s\t%s\n' '--help' 'show help'
            case '/auth/login'
                printf '%s\t%s\n' '--help' 'show help' '--local' 'This machine\'s daemon' '--server' 'Server address, or `local` for this machine\'s daemon' '--token-stdin' 'Read the key from stdin' '--key-stdin' 'Read the key from stdin'
            case '/auth/status'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon' '--json' 'Print one JSON document on stdout'
            case '/auth/logout'
                printf '%s\t%s\n' '--help' 'show help' '--server' 'Server address, or `local` for this machine\'s daemon'
            case '/privacy'
                printf '%s\t%s\n' '--help' 'show help'
            case '/privacy/show'
                printf '%s\t%s\n' '--help' 'show help' '--json' 'Print one JSON document on stdout'
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
            printf '%s\t%s\n' 'scan' 'Read new and changed session logs into the ledger' 'report' 'Show how the sessions add up' 'show' 'Show every number of one session' 'list' 'List the sessions of the ledger, newest first' 'trend' 'Show how the scores move' 'export' 'Write all sessions as JSON, CSV or an HTML page' 'upload' 'Send the scores of finished sessions' 'me' 'Show what the server has of you' 'uninstall' 'Take back what omas put outside its own folder: hourly retries, compl…' 'doctor' 'Check that everything needed is there' 'queue' 'See and change what waits for upload' 'leaderboard' 'Show who is listed on the server' 'schedule' 'Have queued uploads retried every hour' 'auth' 'Log in to a server, see and forget the key' 'privacy' 'See what leaves this machine' 'config' 'Show and change settings' 'completions' 'Complete commands and agent names in bash, zsh and fish'
        case '/queue 0'
            printf '%s\t%s\n' 'list' 'List sessions that wait or are parked' 'retry' 'Give sessions five new attempts, due now' 'drop' 'Take sessions out of the queue for good'
        case '/leaderboard 0'
            printf '%s\t%s\n' 'join' 'Let others see your rank' 'leave' 'Be listed no longer'
        case '/schedule 0'
            printf '%s\t%s\n' 'install' 'Add a marked line to the crontab, or a systemd timer' 'status' 'Say whether it is installed' 'remove' 'Take it out again'
        case '/auth 0'
            printf '%s\t%s\n' 'login' 'Get a key and have the server confirm it' 'status' 'Ask the server whose key this is' 'logout' 'Forget the key on this machine'
        case '/privacy 0'
            printf '%s\t%s\n' 'show' 'Show what is sent, what never is, and the salt'
        case '/config 0'
            printf '%s\t%s\n' 'path' 'Print where the configuration file is' 'show' 'Show every setting, its value and where the value comes from' 'get' 'Print one value' 'set' 'Write one value into the configuration file' 'unset' 'Take one value out of the configuration file, so that its default cou…'
        case '/completions 0'
            printf '%s\t%s\n' 'show' 'Print the completion file' 'install' 'Put the completion file where the shell looks' 'remove' 'Undo `install`'
        case '/show 0'
        case '/queue/retry 0'
        case '/queue/drop 0'
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

complete -c omas -f -a '(_omas_completion)'
