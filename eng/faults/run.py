#!/usr/bin/env python3
"""Plants the faults of faults.py one by one in a copy of the repository and runs the tests that should see them.

usage: eng/faults/run.py COPY [FIRST [LAST]]     COPY: a folder outside the repository, made unless it is there; fault numbers from 1
A fault is killed when a test fails, crashes or does not end in time; one that does not compile is a mistake in faults.py.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

from faults import CORE, FAULTS, KERNELS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROPERTIES = ["-c", "Release", "-v", "q", "--nologo", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:WarningLevel=0"]
LONGEST_RUN = 300

# What reads the repository's pages, or publishes a program of its own, says nothing of a fault and fails in a copy without the models.
NOT_OF_FAULTS = ["*DocumentationTests", "*PackageReadmeTests", "*NativeAotTests"]

# The compiler stays warm between faults; its server ends by itself when it has nothing to do.
ENVIRONMENT = {**os.environ, "UseSharedCompilation": "true"}


def build(copy, project, *options):
    command = ["dotnet", "build", str(copy / project), *PROPERTIES, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)


def prepare(copy):
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in files.stdout.splitlines():
        if name.startswith("samples/models/") or not (ROOT / name).is_file():
            continue
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    for package in (CORE, KERNELS):
        result = build(copy, f"tests/{package}.Tests")
        if result.returncode != 0:
            sys.exit(f"the copy does not build:\n{result.stdout}")
        run = tests(copy, package, sorted({name for fault in FAULTS for name in fault[4:]}) if package == KERNELS else [])
        if run is None or run.returncode != 0:
            sys.exit(f"without a fault the tests of {package} fail, so they would kill anything:\n{run and run.stdout}")


def tests(copy, package, classes):
    folder = copy / "tests" / f"{package}.Tests" / "bin" / "Release" / "net10.0"
    command = ["dotnet", str(folder / f"{package}.Tests.dll"), "--stop-on-fail", "on", "--progress", "off"]
    for name in classes:
        command += ["--filter-class", name]
    for name in NOT_OF_FAULTS if not classes else []:
        command += ["--filter-not-class", name]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_RUN, check=False)
    except subprocess.TimeoutExpired:
        return None


def replace_libraries(copy, package):
    """Puts what a package's build made beside both test programs: the package, and Core beneath it, of which a fault may have gone."""
    for test in (CORE, KERNELS):
        for library in copy.glob(f"src/{package}/bin/Release/net10.0/VarSparse.*.dll"):
            target = copy / "tests" / f"{test}.Tests" / "bin" / "Release" / "net10.0" / library.name
            if target.exists():
                shutil.copyfile(library, target)


def try_fault(copy, fault):
    package, name, old, new, *classes = fault
    path = copy / "src" / package / name
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(old, new), encoding="utf-8")
    try:
        result = build(copy, f"src/{package}", "--no-restore")
        if result.returncode != 0:
            return "does not compile: " + next(line for line in result.stdout.splitlines() if "error" in line)
        replace_libraries(copy, package)
        run = tests(copy, KERNELS if classes else CORE, classes)
        if run is None:
            return "killed (does not end)"
        failed = [line.strip() for line in run.stdout.splitlines() if line.startswith("failed ")]
        if run.returncode == 0:
            return "SURVIVED"
        if failed:
            return f"killed by {failed[0].split(' (')[0].removeprefix('failed ')}"
        # A crash says what of, as one that has nothing to do with the fault would look the same; without one no test of the names ran.
        said = (run.stderr.strip() or "nothing").splitlines()
        return f"killed (crashed: {' '.join(said[:2])})" if run.returncode < 0 else f"no test ran to its end ({run.returncode})"
    finally:
        path.write_text(whole, encoding="utf-8")


def check_places(copy):
    """Whatever part of the list is run: a fault whose place has changed would go unnoticed until its own turn."""
    wrong = []
    for number, (package, name, old, *_) in enumerate(FAULTS, 1):
        path = copy / "src" / package / name
        times = path.read_text(encoding="utf-8").count(old) if path.is_file() else 0
        if times != 1:
            wrong.append(f"{number} {package}/{name}: {old!r} stands there {times} times")
    if wrong:
        sys.exit("\n".join(["expected once in the copy (is it an old one?):", *wrong]))


def main():
    copy = pathlib.Path(sys.argv[1]).resolve()
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    last = int(sys.argv[3]) if len(sys.argv) > 3 else len(FAULTS)
    if not copy.exists():
        prepare(copy)
    check_places(copy)
    survived = planted = 0
    for number in range(first, last + 1):
        start = time.monotonic()
        outcome = try_fault(copy, FAULTS[number - 1])
        package, name, old, new = FAULTS[number - 1][:4]
        planted += outcome.startswith("killed") or outcome == "SURVIVED"
        survived += outcome == "SURVIVED"
        print(f"{number} {package}/{name}: {old!r} -> {new!r}\n    {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{planted} faults, {planted - survived} killed, {survived} survived")


main()
