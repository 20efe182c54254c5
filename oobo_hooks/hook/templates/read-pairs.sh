# Few pairs without a process; the dot keeps the last newline of many.
oobo_pairs=
oobo_count=0
while [ "$oobo_count" -lt 8 ] && IFS= read -r oobo_line; do
  oobo_pairs="$oobo_pairs$oobo_line
"
  oobo_count=$((oobo_count + 1))
done
if [ "$oobo_count" -eq 8 ]; then
  oobo_line=$(cat; echo .)
  oobo_pairs=$oobo_pairs${oobo_line%.}
fi
