# With a worker that lives no process is begun at all; the one that begins it reads what is left above git meanwhile.
{ [ -d @PROC@/self ] || [ "$oobo_pid" -le 1 ]; } && oobo_worker_lives || {
  (
    if [ "$oobo_pid" -gt 1 ]; then
      oobo_climb 16
      # The empty line before each record keeps an earlier torn one from taking this one with it.
      printf '\n{"record":"ancestry","key":%s,"chain":[%s]}\n' "$$" "$oobo_chain" >>"$oobo_home/spool.jsonl"
    fi
    oobo_worker_lives && exit 0
    [ -x "$oobo_python" ] || exit 0
    exec $oobo_setsid "$oobo_python" -I -m oobo_hooks.hook.worker "$oobo_home"
  ) &
}
