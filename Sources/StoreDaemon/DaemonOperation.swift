// SPDX-License-Identifier: GPL-3.0-or-later

/// Numbers of the daemon's operations; those that Nix and Guix share mean the same in both.
enum DaemonOperation: UInt64 {
    case isValidPath = 1
    case queryReferences = 5
    case addToStore = 7
    case addTextToStore = 8
    case buildPaths = 9
    case ensurePath = 10
    case addTempRoot = 11
    case addIndirectRoot = 12
    case syncWithCollection = 13
    case findRoots = 14
    case exportPath = 16
    case setOptions = 19
    case collectGarbage = 20
    case queryAllValidPaths = 23
    case queryPathInfo = 26
    case importPaths = 27
    case queryPathFromHashPart = 29
    case querySubstitutablePathInfos = 30
    case queryValidPaths = 31
    case queryValidDerivers = 33
    case buildDerivation = 36
    case narFromPath = 38
    case addToStoreNar = 39
    case queryMissing = 40
    case buildPathsWithResults = 46

    /// Whether it may be asked for again where the daemon's database was busy: nothing that streams to or from us.
    var isRepeatable: Bool {
        switch self {
        case .exportPath, .importPaths, .buildPaths, .buildDerivation, .buildPathsWithResults, .narFromPath: false
        case .isValidPath, .queryReferences, .addToStore, .addTextToStore, .ensurePath, .addTempRoot, .addIndirectRoot,
            .syncWithCollection, .findRoots, .setOptions, .collectGarbage, .queryAllValidPaths, .queryPathInfo,
            .queryPathFromHashPart,
            .querySubstitutablePathInfos, .queryValidPaths, .queryValidDerivers, .addToStoreNar, .queryMissing:
            true
        }
    }
}
