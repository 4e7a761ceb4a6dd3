# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every file of packages/ as a derivation: the file is data, this is how the
# Nix engine reads it. Nothing but the store is needed: no nixpkgs, no shell of
# the build machine.
{ system ? "x86_64-linux" }:

let
  inherit (builtins)
    attrNames attrValues elem filter foldl' fromJSON listToAttrs mapAttrs match
    readDir readFile replaceStrings;

  # What the files of packages/ say, by the name in them.
  definitions = listToAttrs (map
    (file:
      let package = fromJSON (readFile (./packages + "/${file}"));
      in { inherit (package) name; value = package; })
    (filter (file: match ".*\\.json" file != null) (attrNames (readDir ./packages))));

  # What a store item may not be called.
  storeName = replaceStrings [ "~" ":" "%" ] [ "-" "-" "-" ];

  # The last part of an address.
  baseName = url: foldl' (_: part: part) "" (filter builtins.isString (builtins.split "/" url));

  # One file as a fixed output. It is fetched outside of any guest, by whoever
  # reads "builtin:fetchurl"; Nix itself never runs it.
  fetch = url: sha256: derivation {
    inherit system url;
    name = storeName (baseName url);
    builder = "builtin:fetchurl";
    outputHashMode = "flat";
    outputHashAlgo = "sha256";
    outputHash = sha256;
    preferLocalBuild = true;
  };

  # The one program that everything starts from: a static busybox, taken out of
  # Debian's package (archive, member) into bin/ of a store item.
  bootstrap = with fromJSON (readFile ./bootstrap.json); derivation {
    inherit system url member;
    name = "busybox-${version}";
    builder = "builtin:unpack-debian";
    archiveHash = sha256;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = unpacked;
    preferLocalBuild = true;
  };

  script = builtins.path { name = "build.sh"; path = ./build.sh; };

  # The names of a package's dependencies and of theirs, each once.
  closure = names: foldl'
    (seen: name:
      if elem name seen then seen
      else seen ++ filter (other: ! elem other seen)
        (closure ((lookUp name).dependencies or [ ]) ++ [ name ]))
    [ ]
    names;

  lookUp = name: definitions.${name} or (throw "no file of packages/ has the name ${name}");

  build = file: package: derivation {
    inherit system;
    inherit (package) version;
    pname = package.name;
    name = storeName "${package.name}-${package.version}";
    builder = "${bootstrap}/bin/busybox";
    args = [ "sh" "-e" script ];
    busybox = bootstrap;
    sources = attrValues (mapAttrs fetch package.sources);
    inputs = map (name: packages.${name}) (closure (package.dependencies or [ ]));
    kind = package.kind or "python";
    directory = package.directory or "";
    test = package.test or "";
    install = package.install or [ ];
    timezone = package.timezone or "UTC";
    released = package.released or "";
  };

  packages = mapAttrs build definitions;
in
packages
