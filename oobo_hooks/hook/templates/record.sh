# oobo: note what git has just done, wake the worker, be gone. Nothing below can fail the git command or print.
trap 'exit "$oobo_status"' EXIT
exec </dev/null >/dev/null 2>&1
umask 077
set -f
LC_ALL=C

oobo_git_dir=${GIT_DIR:-.git}
[ -f "$oobo_git_dir/HEAD" ] || oobo_git_dir=$(git rev-parse --absolute-git-dir)
oobo_common=$oobo_git_dir
if [ -f "$oobo_git_dir/commondir" ]; then
  IFS= read -r oobo_common <"$oobo_git_dir/commondir"
  case $oobo_common in
    /*) ;;
    *) oobo_common=$oobo_git_dir/$oobo_common ;;
  esac
fi
oobo_home=$oobo_common/oobo
[ -d "$oobo_home" ] || mkdir "$oobo_home"

# JSON text of $1 in oobo_escaped. Bytes that are not UTF-8 pass; the reader replaces them.
oobo_escape() {
  case $1 in
    *[!A-Za-z0-9_.,:/@%+=\ -]*) ;;
    *) oobo_escaped=$1; return ;;
  esac
  oobo_escaped=
  oobo_rest=$1
  while :; do
    oobo_plain=${oobo_rest%%[\\\"[:cntrl:]]*}
    oobo_escaped=$oobo_escaped$oobo_plain
    oobo_rest=${oobo_rest#"$oobo_plain"}
    [ -n "$oobo_rest" ] || return
    oobo_next=${oobo_rest#?}
    oobo_odd=${oobo_rest%"$oobo_next"}
    case $oobo_odd in
      [\\\"]) oobo_escaped="$oobo_escaped\\$oobo_odd" ;;
      *) oobo_escaped=$oobo_escaped$(printf '\\u%04x' "'$oobo_odd") ;;
    esac
    oobo_rest=$oobo_next
  done
}

# Name and parent of the process oobo_pid. `status` and not `stat`: sh reads byte by byte, and these lines are few.
oobo_look_up() {
  oobo_name=
  oobo_parent=0
  {
    IFS= read -r oobo_name || return 1
    read -r oobo_label oobo_parent
    while [ "$oobo_label" != PPid: ]; do
      read -r oobo_label oobo_parent || return 1
    done
  } <"@PROC@/$oobo_pid/status" || return 1
  oobo_name=${oobo_name#Name:?}
}

# Where there is no /proc.
oobo_ask_ps() {
  set -- $(ps -o ppid= -o ucomm= -p "$oobo_pid")
  oobo_parent=${1:-0}
  oobo_name=${2-}
}

oobo_climb() {
  while [ "$oobo_pid" -gt 1 ] && [ "$oobo_level" -lt "$1" ]; do
    if [ -d @PROC@/self ]; then oobo_look_up; else oobo_ask_ps; fi || break
    oobo_escape "$oobo_name"
    oobo_chain="$oobo_chain${oobo_chain:+,}[$oobo_pid,\"$oobo_escaped\"]"
    oobo_pid=$oobo_parent
    oobo_level=$((oobo_level + 1))
  done
}

# A living worker looks at the spool again after it has taken its name away, so what was written before is seen. It
# holds its lock file open: no later process with its number, nor one that is dead and not collected, does.
oobo_worker_lives() {
  [ -f "$oobo_home/worker.pid" ] && IFS=' ' read -r oobo_worker oobo_held <"$oobo_home/worker.pid" || return 1
  if [ -d @PROC@/self ]; then
    [ "@PROC@/$oobo_worker/fd/$oobo_held" -ef "$oobo_home/worker.lock" ]
  else
    kill -0 "$oobo_worker"
  fi
}

# Who called git matters where no variable names the session. git may be gone in a moment, so who stands above it is read
# at once; the worker reads the others.
oobo_chain=
oobo_pid=0
if [ -z "@SESSION@" ]; then
  oobo_pid=$PPID
  oobo_level=0
  [ ! -d @PROC@/self ] || oobo_climb 1
fi

oobo_head=
oobo_ref=
IFS= read -r oobo_head <"$oobo_git_dir/HEAD"
case $oobo_head in
  "ref: "*)
    oobo_ref=${oobo_head#ref: }
    oobo_head=
    [ -f "$oobo_common/$oobo_ref" ] && IFS= read -r oobo_head <"$oobo_common/$oobo_ref"
    ;;
esac
case $oobo_head in
  ??????????????????????????????????????*) ;;
  *)
    oobo_head=$(git rev-parse HEAD)
    oobo_ref=$(git symbolic-ref -q HEAD)
    ;;
esac

oobo_fields=
for oobo_state in rebase-merge rebase-apply; do
  [ -f "$oobo_git_dir/$oobo_state/head-name" ] || continue
  oobo_rebased=
  IFS= read -r oobo_rebased <"$oobo_git_dir/$oobo_state/head-name"
  oobo_escape "$oobo_rebased"
  oobo_fields="\"rebasing\":\"$oobo_escaped\","
done
if [ -f "$oobo_git_dir/CHERRY_PICK_HEAD" ]; then
  oobo_picked=
  IFS= read -r oobo_picked <"$oobo_git_dir/CHERRY_PICK_HEAD"
  oobo_escape "$oobo_picked"
  oobo_fields="$oobo_fields\"picked\":\"$oobo_escaped\","
fi

oobo_env=
if [ -n "@ANY@" ]; then
  for oobo_name in @ENVIRONMENT@; do
    eval "oobo_value=\${$oobo_name-}"
    [ -n "$oobo_value" ] || continue
    [ "${#oobo_value}" -le 512 ] || continue
    oobo_escape "$oobo_value"
    oobo_env="$oobo_env${oobo_env:+,}\"$oobo_name\":\"$oobo_escaped\""
  done
fi
case $oobo_git_dir in
  /*) ;;
  *) oobo_git_dir=$PWD/$oobo_git_dir ;;
esac
oobo_escape "$oobo_git_dir"
oobo_fields="$oobo_fields\"git_dir\":\"$oobo_escaped\""
oobo_escape "$PWD"
oobo_fields="$oobo_fields,\"directory\":\"$oobo_escaped\",\"head\":\"$oobo_head\""
oobo_escape "$oobo_ref"
oobo_fields="$oobo_fields,\"ref\":\"$oobo_escaped\",\"environment\":{$oobo_env}"
oobo_fields="$oobo_fields,\"chain\":[$oobo_chain],\"above\":$oobo_pid"
