// swift-tools-version: 6.2
import PackageDescription

// With TAZPOD_EMBEDDED set, tazpod-init and the modules under it are built as Embedded Swift and linked statically; without
// it the same sources are ordinary Swift, so that tests and editors see one package.
let isEmbedded = Context.environment["TAZPOD_EMBEDDED"] != nil

// Every C header is read with the same feature macros, so that types agree between modules.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .unsafeFlags(["-Xcc", "-D_GNU_SOURCE"])]

// The embedded init is linked with musl: a third of the size and half of the memory that a static glibc takes. The kernel's own
// headers, which musl's package does not bring, are found after musl's. Functions that came out alike are linked once, and there
// are no tables to unwind the stack by, since nothing does.
#if arch(arm64)
    let musl = "aarch64-linux-musl"
#else
    let musl = "x86_64-linux-musl"
#endif
let muslHeaders = ["-isystem", "/usr/include/\(musl)"]
let embedded: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(
        ["-wmo", "-Osize", "-Xfrontend", "-function-sections", "-Xcc", "-fno-asynchronous-unwind-tables"]
            + muslHeaders.flatMap { ["-Xcc", $0] }),
]
let embeddedLinking: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld"]
            + ["-static", "-nostdlib", "-Wl,--icf=all", "/usr/lib/\(musl)/crt1.o", "/usr/lib/\(musl)/libc.a"].flatMap {
                ["-Xclang-linker", $0]
            })
]
// Swift's runtime is linked statically, and with it what it needs of C++: the launcher starts a millisecond sooner. It takes lld, which
// looks for that in archives of any order.
let staticRuntime = ["-use-ld=lld", "-L", "\(Context.packageDirectory)/Sources/Libraries/Static"]
let embeddable = strict + (isEmbedded ? embedded : [])

// How a released tazpod is made small: functions that came out alike are linked once, there are no tables to unwind the stack by,
// since nothing does, relocations are packed (which takes glibc 2.36), and no symbol is there for others to find.
let smallLinking: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xclang-linker", "-Wl,--icf=all"]
            + [
                "--no-eh-frame-hdr", "--script=\(Context.packageDirectory)/scripts/without-unwinding.ld", "--no-export-dynamic",
                "-z", "pack-relative-relocs",
            ].flatMap { ["-Xlinker", $0] },
        .when(configuration: .release))
]

// Tests are of the ordinary form; Embedded Swift has no test library.
let tests: [Target] =
    isEmbedded
    ? []
    : [
        .target(name: "TestSupport", dependencies: ["CLinux", "Linux"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "LinuxTests", dependencies: ["CLinux", "Linux", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "ContractTests", dependencies: ["Contract", "Linux"], swiftSettings: strict),
        .testTarget(name: "PodInitTests", dependencies: ["CLinux", "PodInit", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GhostShellTests", dependencies: ["CExt2fs", "CLinux", "CSeccomp", "GhostShell", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SecretsTests", dependencies: ["CCrypto", "CLinux", "Secrets", "SecretsPlan", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "LauncherTests", dependencies: ["CLinux", "Contract", "Launcher", "Linux", "SecretsPlan", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SecretsPlanTests", dependencies: ["SecretsPlan"], swiftSettings: strict),
    ]

let package = Package(
    name: "tazpod",
    products: [
        .executable(name: "tazpod-init", targets: ["PodInit"]),
        .executable(name: "tazpod-ghost", targets: ["GhostShell"]),
        .executable(name: "tazpod-secrets", targets: ["Secrets"]),
        .executable(name: "tazpod", targets: ["Launcher"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        // Without its Foundation trait, which would pull all of Foundation into a static program.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .target(
            name: "CLinux", cSettings: [.define("_GNU_SOURCE")] + (isEmbedded ? [.unsafeFlags(muslHeaders + ["-Os"])] : [])),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: embeddable),
        .target(name: "Contract", dependencies: ["Linux"], swiftSettings: embeddable),
        .target(name: "SecretsPlan", dependencies: ["Contract"], swiftSettings: strict),
        .executableTarget(
            name: "PodInit", dependencies: ["CLinux", "Contract", "Linux"], swiftSettings: embeddable,
            linkerSettings: isEmbedded ? embeddedLinking : []),

        // Debian's libraries, by their C headers. What every pod's image has is linked dynamically; what differs between
        // distributions, statically.
        .systemLibrary(name: "CCapabilities", path: "Sources/Libraries/CCapabilities"),
        .systemLibrary(name: "CCrypto", path: "Sources/Libraries/CCrypto"),
        .systemLibrary(name: "CCryptsetup", path: "Sources/Libraries/CCryptsetup"),
        .systemLibrary(name: "CDeviceMapper", path: "Sources/Libraries/CDeviceMapper"),
        .systemLibrary(name: "CExt2fs", path: "Sources/Libraries/CExt2fs"),
        .systemLibrary(name: "CFuse", path: "Sources/Libraries/CFuse"),
        .systemLibrary(name: "CQRCode", path: "Sources/Libraries/CQRCode"),
        .systemLibrary(name: "CSeccomp", path: "Sources/Libraries/CSeccomp"),
        .executableTarget(
            name: "GhostShell",
            dependencies: [
                "CCapabilities", "CCrypto", "CCryptsetup", "CDeviceMapper", "CExt2fs", "CFuse", "CLinux", "CQRCode", "CSeccomp",
                "Contract", "Linux",
            ],
            swiftSettings: strict,
            linkerSettings: [
                .linkedLibrary("cryptsetup"), .linkedLibrary("crypto"), .linkedLibrary("devmapper"), .linkedLibrary("qrencode"),
                .unsafeFlags(
                    staticRuntime
                        + ["libfuse3.a", "libseccomp.a", "libcap.a", "libext2fs.a", "libcom_err.a"].flatMap {
                            ["-Xlinker", "-l:\($0)"]
                        }),
            ]),
        .systemLibrary(name: "CCurl", path: "Sources/Libraries/CCurl"),
        .systemLibrary(name: "CJansson", path: "Sources/Libraries/CJansson"),
        .systemLibrary(name: "CNghttp2", path: "Sources/Libraries/CNghttp2"),
        .executableTarget(
            name: "Secrets",
            dependencies: ["CCrypto", "CCurl", "CJansson", "CLinux", "CNghttp2", "Contract", "Linux", "SecretsPlan"],
            swiftSettings: strict,
            linkerSettings: [
                .linkedLibrary("curl"), .linkedLibrary("crypto"), .linkedLibrary("nghttp2"),
                .unsafeFlags([
                    "-Xlinker", "-l:libjansson.a", "-Xlinker", "--export-dynamic-symbol=nghttp2_session_client_new2",
                ]),
            ]),
        .systemLibrary(name: "CYAML", path: "Sources/Libraries/CYAML"),
        .executableTarget(
            name: "Launcher",
            dependencies: [
                "CLinux", "CYAML", "Contract", "Linux", "SecretsPlan",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")],
            linkerSettings: [.unsafeFlags(staticRuntime + ["-Xlinker", "-l:libyaml.a"])] + smallLinking),
    ] + tests,
    swiftLanguageModes: [.v6]
)
