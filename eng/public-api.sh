#!/usr/bin/env bash
# Adds every public member that the analyzer misses to PublicAPI.Unshipped.txt, and drops lines of members that are gone.
# usage: eng/public-api.sh src/VarSparse.Core [src/VarSparse.Torch ...]
set -euo pipefail
for project in "$@"; do
    file="$project/PublicAPI.Unshipped.txt"
    log=$(dotnet build "$project" -v q --no-incremental -p:WarningsNotAsErrors=RS0016%3BRS0017 -p:TreatWarningsAsErrors=false 2>&1 || true)
    gone=$(grep -oP "RS0017: Symbol '\K.*(?=' is part of the declared API)" <<<"$log" | sort -u || true)
    missing=$(grep -oP "RS0016: Symbol '\K.*(?=' is not part of the declared public API)" <<<"$log" | sort -u || true)
    {
        echo '#nullable enable'
        { tail -n +2 "$file" | { if [ -n "$gone" ]; then grep -vxF "$gone" || true; else cat; fi; }
          [ -z "$missing" ] || echo "$missing"; } | sed '/^$/d' | LC_ALL=C sort -u
    } > "$file.new"
    mv "$file.new" "$file"
done
