#!/usr/bin/env bash
# Builds and runs samples/PackageConsumer against the packages in artifacts/packages, from a copy in an empty folder. Other packages are
# taken from the user's cache; those of VarSparse are not, so that an older build of the same version is never the one that is tested.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT

consumer=$clean/samples/PackageConsumer
mkdir -p "$consumer" "$clean/artifacts/packages" "$clean/cache"
cp "$root"/samples/PackageConsumer/{*.cs,*.csproj,*.props,*.targets,nuget.config} "$consumer"
cp "$root"/artifacts/packages/*.nupkg "$clean/artifacts/packages"

cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
for package in "$cache"/*; do
    case ${package##*/} in
        varsparse.* | '*') ;;
        *) ln -s "$package" "$clean/cache/" ;;
    esac
done

export NUGET_PACKAGES=$clean/cache
cd "$consumer"
dotnet run -c Release -v q -p:TorchSharpRepair="$root/eng/TorchSharpRepair/TorchSharpRepair.targets"
ls -d "$clean"/cache/varsparse.*/* | sed "s|$clean/cache/|used: |"
