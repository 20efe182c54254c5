printf '\n{"record":"commit","key":%s,%s}\n' "$$" "$oobo_fields" >>"$oobo_home/spool.jsonl"
