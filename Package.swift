// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-3.0-or-later

import PackageDescription

/// Settings of every Swift target: Swift 6 mode, no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A module of `Sources/`, with its tests in `Tests/<name>Tests` where `tested`.
func module(_ name: String, _ dependencies: [Target.Dependency], plugins: [Target.PluginUsage] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict, plugins: plugins)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "almanac",
    products: [
        .executable(name: "almanac", targets: ["almanac"]),
        .executable(name: "almanac-bench", targets: ["almanac-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Libraries of the system, with small C shims.
        .systemLibrary(name: "CBigNumbers", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CByteStreams"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CGuests"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Pure, and thin wrappers: they know nothing of the farm.
        module("ThreadExecutors", []),
        module("ByteStreams", ["CByteStreams", "ThreadExecutors"]),
        module("Derivations", ["CCrypto"]),
        module("Rewriting", ["Derivations"]),
        module("Revival", ["Derivations"]),
        module("Signatures", ["CBigNumbers", "CCrypto", "Derivations"]),
        module("TimeTravel", []),
        module("Jobsets", ["TimeTravel", yams]),
        // Optimised in debug builds too: rows are encoded byte by byte, 60,000 of them for an evaluation.
        .target(
            name: "Postgres", dependencies: ["CPostgres", "ThreadExecutors", subprocess],
            swiftSettings: strict + [.unsafeFlags(["-O"])]),
        module("SecureShell", ["CSSH", "ByteStreams"]),
        module("Transfer", ["CCurl", "ThreadExecutors"]),

        // The store, guests, evaluators.
        module("StoreDaemon", ["ByteStreams", "CSQLite", "Derivations", "Signatures", "ThreadExecutors"]),
        module(
            "Guests",
            [
                "CGuests", "CZlib", "ByteStreams", "Derivations", "SecureShell", "StoreDaemon", "ThreadExecutors",
                "TimeTravel", logging, subprocess, systemPackage,
            ]),
        .target(
            name: "Sources",
            dependencies: [
                "Derivations", "Rewriting", "Signatures", "StoreDaemon", "Transfer", subprocess, systemPackage,
            ],
            resources: [.embedInCode("Resources/FetchFromPyPI.py")], swiftSettings: strict),
        .target(
            name: "Evaluators",
            dependencies: [
                "ByteStreams", "Derivations", "Jobsets", "StoreDaemon", "TimeTravel", subprocess, systemPackage,
            ],
            resources: [
                .embedInCode("Resources/EvaluateGuix.scm"), .embedInCode("Resources/GuixLines.scm"),
                .embedInCode("Resources/GuixModules.scm"), .embedInCode("Resources/GuixMaintainers.scm"),
                .embedInCode("Resources/GuixCompanions.scm"), .embedInCode("Resources/GuixAuthentication.scm"),
            ], swiftSettings: strict),

        // The farm.
        .target(
            name: "SchemaMigrations", dependencies: ["Postgres"], path: "Migrations",
            resources: [
                .embedInCode("V001_initial.sql"), .embedInCode("V002_queue.sql"), .embedInCode("V003_scheduler.sql"),
                .embedInCode("V003_scheduler_by_hand_and_ingestion.sql"),
                .embedInCode("V004_alerts_and_access.sql"), .embedInCode("V005_catalog_history.sql"),
                .embedInCode("V006_revivals.sql"),
                .embedInCode("V007_closures.sql"),
                .embedInCode("V007_closures_and_ingestion.sql"),
                .embedInCode("V007_retention.sql"),
                .embedInCode("V007_retention_and_shares.sql"),
                .embedInCode("V008_counts.sql"),
                .embedInCode("V009_horizons.sql"),
                .embedInCode("V010_pool.sql"),
                .embedInCode("V011_build_events.sql"),
            ], swiftSettings: strict),
        module(
            "Farm",
            [
                "CCrypto", "CZlib", "Derivations", "Evaluators", "Guests", "Jobsets", "Postgres", "Revival",
                "Rewriting", "SchemaMigrations", "Sources", "StoreDaemon", "TimeTravel", "Transfer", lifecycle, logging,
                subprocess, systemPackage, yams,
            ]),
        module(
            "WebAPI",
            [
                "CZlib", "Derivations", "Farm", "Postgres", "ThreadExecutors", "TimeTravel", httpTypes, hummingbird,
                hummingbirdCore, lifecycle, logging, nioCore,
            ]),
        .executableTarget(
            name: "almanac",
            dependencies: [
                "Derivations", "Farm", "Guests", "Jobsets", "Postgres", "Revival", "Rewriting", "Sources",
                "StoreDaemon",
                "TimeTravel", "WebAPI",
                argumentParser, lifecycle, logging, nioCore, unixSignals,
            ], swiftSettings: strict),
        .executableTarget(
            name: "almanac-bench",
            dependencies: [
                "Derivations", "Farm", "Jobsets", "Postgres", "SchemaMigrations", "StoreDaemon", "TimeTravel", "WebAPI",
                argumentParser, heap, lifecycle, logging, subprocess, systemPackage,
            ], path: "Sources/AlmanacBench", swiftSettings: strict),

        // Tests.
        .target(
            name: "PostgresFixture", dependencies: ["Postgres"], path: "Tests/PostgresFixture", swiftSettings: strict),
        .target(name: "FileServerFixture", path: "Tests/FileServerFixture", swiftSettings: strict),
        tests("HouseRules", []),
        tests("ThreadExecutors", ["ThreadExecutors"]),
        tests("ByteStreams", ["ByteStreams", "ThreadExecutors"]),
        tests("Derivations", ["Derivations"]),
        tests("Rewriting", ["Derivations", "Rewriting"]),
        tests("Revival", ["Derivations", "Revival"]),
        tests("Signatures", ["Derivations", "Signatures"]),
        tests("TimeTravel", ["TimeTravel"], resources: [.copy("Fixtures")]),
        tests("Jobsets", ["Jobsets", "TimeTravel"]),
        tests("Postgres", ["Postgres", "PostgresFixture", "ThreadExecutors"]),
        tests("SecureShell", ["ByteStreams", "SecureShell"]),
        tests(
            "Guests",
            [
                "CZlib", "Derivations", "Guests", "PostgresFixture", "SecureShell", "StoreDaemon", "TimeTravel",
                logging,
                subprocess, systemPackage,
            ]),
        tests("Transfer", ["Transfer", subprocess]),
        tests("CommandLine", ["almanac", "Derivations", "Evaluators", subprocess, systemPackage]),
        tests("StoreDaemon", ["ByteStreams", "Derivations", "Signatures", "StoreDaemon"]),
        tests("Sources", ["Derivations", "FileServerFixture", "Rewriting", "Signatures", "Sources", "StoreDaemon"]),
        tests(
            "Evaluators", ["Derivations", "Evaluators", "Jobsets", "StoreDaemon", "TimeTravel"],
            resources: [.copy("Fixtures")]),
        tests(
            "Farm",
            [
                "Derivations", "Evaluators", "Farm", "FileServerFixture", "Guests", "Jobsets", "Postgres",
                "PostgresFixture",
                "Revival", "SchemaMigrations", "Signatures", "Sources", "StoreDaemon", "TimeTravel", "Transfer",
                lifecycle, logging, subprocess, systemPackage,
            ]),
        tests(
            "WebAPI",
            [
                "CZlib", "Farm", "Jobsets", "Postgres", "PostgresFixture", "SchemaMigrations", "ThreadExecutors",
                "TimeTravel", "WebAPI", httpTypes, hummingbird, lifecycle, logging, nioCore, subprocess,
                systemPackage,
            ],
            resources: [.embedInCode("Browser/check_pages.py")]),
    ]
)
