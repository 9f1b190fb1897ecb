# The program on the volume. On a new volume it writes files without end, each durable before it says so. On a volume that has some, a clone,
# it verifies every file and turns the machine off.
busybox=/bin/busybox
content() { $busybox yes "line of $1" | $busybox head -n 2000; }

found=0
bad=0
for file in /data/*; do
  [ -f "$file" ] || continue
  found=$((found + 1))
  [ "$($busybox md5sum < "$file")" = "$(content "${file#/data/}" | $busybox md5sum)" ] || { echo "GUEST bad $file"; bad=$((bad + 1)); }
done
if [ $found -gt 0 ]; then
  echo "GUEST found $found bad $bad"
  $busybox poweroff -f
fi
while :; do
  found=$((found + 1))
  content $found > /.new
  $busybox sync
  $busybox mv /.new /data/$found
  $busybox sync
  echo "GUEST wrote $found"
done
