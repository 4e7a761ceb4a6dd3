# SPDX-License-Identifier: GPL-3.0-or-later
# A NixOS module for the farm's server:
#
#   imports = [ ./almanac.nix ];
#   services.almanac = { enable = true; arguments = [ "--guests" "4" ]; };
{ config, lib, ... }:
let cfg = config.services.almanac;
in {
  options.services.almanac = {
    enable = lib.mkEnableOption "Almanac, a continuous-integration time-travel farm";
    program = lib.mkOption { type = lib.types.str; default = "/usr/local/bin/almanac"; description = "The command."; };
    arguments = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; description = "Further arguments of 'almanac serve'."; };
  };

  config = lib.mkIf cfg.enable {
    users.groups.almanac = { };
    users.users.almanac = { isSystemUser = true; group = "almanac"; extraGroups = [ "kvm" ]; };
    systemd.services.almanac = {
      description = "Almanac, a continuous-integration time-travel farm";
      wantedBy = [ "multi-user.target" ];
      after = [ "network-online.target" ];
      wants = [ "network-online.target" ];
      serviceConfig = {
        ExecStart = lib.escapeShellArgs ([ cfg.program "serve" "--data" "/var/lib/almanac" ] ++ cfg.arguments);
        User = "almanac";
        StateDirectory = "almanac";
        StateDirectoryMode = "0750";
        DeviceAllow = "/dev/kvm rw";
        Restart = "on-failure";
        TimeoutStopSec = 120;
        KillMode = "mixed";
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        ProtectClock = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        PrivateTmp = true;
        RestrictSUIDSGID = true;
        UMask = "0027";
      };
    };
  };
}
