# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds and tests one package, run by busybox's shell with the variables that
# default.nix sets. Everything comes from store items: there is no /bin, no
# /usr, no network and no other clock than the machine's.
#
#   sources    files: wheels, Debian packages, source archives
#   inputs     outputs of the packages needed, and of those they need
#   kind       python, perl: unpack, test, install. debian: a tree of Debian packages
#   directory  where the test runs, inside of what was unpacked
#   test       a shell command; the build fails when it fails
#   install    what to copy from that directory into the output
#   timezone   TZ of the test
#   released   when the package was; for people

export HOME="$PWD/home" LC_ALL=C PYTHONUTF8=1 TZ=UTC0 PYTHONHASHSEED=0
mkdir "$HOME"

say() { echo "== $*"; }

# unpack FILE DIRECTORY: what the file holds, by its name.
unpack() {
    mkdir -p "$2"
    case "$1" in
        *.whl | *.zip) unzip -q -o "$1" -d "$2" ;;
        *.tar.gz) tar -xzf "$1" -C "$2" ;;
        *.tar.xz) tar -xJf "$1" -C "$2" ;;
        *.deb) ar -p "$1" data.tar.xz | tar -xJ -C "$2" ;;
        *) echo "cannot unpack $1" >&2; exit 2 ;;
    esac
}

# use ITEM: puts what a store item offers into the environment.
use() {
    [ ! -d "$1/bin" ] || PATH="$1/bin:$PATH"
    [ ! -d "$1/site" ] || PYTHONPATH="$1/site${PYTHONPATH:+:$PYTHONPATH}"
    [ ! -d "$1/usr/share/zoneinfo" ] || TZDIR="$1/usr/share/zoneinfo" PYTHONTZPATH="$1/usr/share/zoneinfo"
    for directory_of_perl in "$1"/usr/share/perl/5.* "$1"/usr/lib/*/perl/5.* "$1"/usr/lib/*/perl-base; do
        [ ! -d "$directory_of_perl" ] || PERL5LIB="$directory_of_perl${PERL5LIB:+:$PERL5LIB}"
    done
    for libraries in "$1"/lib/*-linux-gnu "$1"/usr/lib/*-linux-gnu; do
        [ ! -d "$libraries" ] || LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    done
}

# relocate TREE: makes the programs of bin/ start with the tree's own loader,
# libraries and interpreter wherever they are called from. The tree brings
# patchelf, which is taken away afterwards.
relocate() {
    loader="$1/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    libraries="$1/lib/x86_64-linux-gnu:$1/usr/lib/x86_64-linux-gnu"
    mv "$1/usr/bin/patchelf" "$1/patchelf"
    mkdir "$1/bin"
    for program in "$1"/usr/bin/*; do
        [ -f "$program" ] || continue
        ln -s "../usr/bin/${program##*/}" "$1/bin/${program##*/}"
        [ ! -L "$program" ] || continue
        if [ "$(dd if="$program" bs=1 skip=1 count=3 2>/dev/null)" = ELF ]; then
            "$loader" --library-path "$libraries" "$1/patchelf" \
                --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$program"
        else
            sed -i "1s|^#! */usr/bin/|#!$1/bin/|" "$program"
        fi
    done
    [ ! -e "$1/bin/python3.11" ] || ln -s ../usr/bin/python3.11 "$1/bin/python3"
    rm "$1/patchelf"
}

build_debian() {
    for source in $sources; do
        unpack "$source" "$out"
    done
    for unused in doc man lintian bug locale info doc-base; do
        rm -rf "$out/usr/share/$unused"
    done
    rm -rf "$out/etc" "$out/lib64" "$out/usr/lib/x86_64-linux-gnu/gconv"
    if [ -e "$out/usr/bin/patchelf" ]; then
        relocate "$out"
    fi
    # The store gives every file this time; byte code written now stays valid.
    find "$out" -type f -exec touch -t 197001010000.01 {} +
    use "$out"
}

build_python() {
    for source in $sources; do
        case "$source" in
            *.whl) unpack "$source" site ;;
            *) unpack "$source" . ;;
        esac
    done
    if [ -d site ]; then
        mkdir "$out"
        mv site "$out/site"
        find "$out/site" -type f -exec touch -t 197001010000.01 {} +
        use "$out"
    fi
}

build_perl() { build_python; }

install_debian() { :; }

install_perl() { install_python; }

install_python() {
    mkdir -p "$out/site"
    for item in $install; do
        find "$item" -name __pycache__ -prune -exec rm -rf {} +
        cp -r "$item" "$out/site/"
    done
}

for input in $inputs; do
    use "$input"
done
say "unpacking"
"build_$kind"
export PATH PYTHONPATH PERL5LIB LD_LIBRARY_PATH TZDIR PYTHONTZPATH
cd "./$directory"
if [ -n "$test" ]; then
    say "testing: $test"
    (export TZ="$timezone"; eval "$test")
fi
say "installing"
"install_$kind"
