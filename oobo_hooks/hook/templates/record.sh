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

# Who called git: the processes above it, nearest first. Read beside the commit, because each level costs 0.4 ms.
oobo_ancestry() {
  oobo_pid=$PPID
  oobo_level=0
  oobo_chain=
  while [ "$oobo_pid" -gt 1 ] && [ "$oobo_level" -lt 16 ]; do
    IFS= read -r oobo_stat <"/proc/$oobo_pid/stat" || break
    oobo_name=${oobo_stat#*\(}
    oobo_escape "${oobo_name%)*}"
    oobo_chain="$oobo_chain${oobo_chain:+,}[$oobo_pid,\"$oobo_escaped\"]"
    set -- ${oobo_stat##*) }
    oobo_pid=$2
    oobo_level=$((oobo_level + 1))
  done
  # The empty line before each record keeps an earlier torn one from taking this one with it.
  printf '\n{"record":"ancestry","key":%s,"chain":[%s]}\n' "$$" "$oobo_chain" >>"$oobo_home/spool.jsonl"
}

# A living worker looks at the spool again after it has taken its name away, so what was written before is seen.
oobo_worker_lives() {
  [ -f "$oobo_home/worker.pid" ] && IFS=' ' read -r oobo_pid oobo_started <"$oobo_home/worker.pid" || return 1
  kill -0 "$oobo_pid" || return 1
  [ -r "/proc/$oobo_pid/stat" ] || return 0
  IFS= read -r oobo_stat <"/proc/$oobo_pid/stat" || return 1
  set -- ${oobo_stat##*) }
  # Killed, and not yet collected by its parent, it still has its place in /proc.
  [ "$1" != Z ] && [ "${20}" = "$oobo_started" ]
}

(
  oobo_ancestry
  oobo_worker_lives && exit 0
  [ -x "$oobo_python" ] || exit 0
  exec $oobo_setsid "$oobo_python" -I -m oobo_hooks.hook.worker "$oobo_home"
) &

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

oobo_env=
for oobo_name in @ENVIRONMENT@; do
  eval "oobo_value=\${$oobo_name-}"
  [ -n "$oobo_value" ] || continue
  [ "${#oobo_value}" -le 512 ] || continue
  oobo_escape "$oobo_value"
  oobo_env="$oobo_env${oobo_env:+,}\"$oobo_name\":\"$oobo_escaped\""
done
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
