import Contract
import FoundationEssentials
import Linux
import Logging

/// Brings features together in one folder: copies those of the project, fetches those of a registry with skopeo.
struct FeatureStore {
    let build: ImageBuild
    /// Where they go, each in a folder of its own.
    let folder: String
    let log: Logger

    private static let fetchSeconds = 300
    private static let metadata = "devcontainer-feature.json"
    private static let layerType = "application/vnd.devcontainers.layer.v1+tar"

    /// More than anybody has, and an end to dependencies that make up new names.
    private static let mostFeatures = 64

    /// The features that the project names, and those that they depend on: of each name one, as whoever names it first wants it.
    func fetchAll() async throws -> [Feature] {
        var wanted = build.features
        var features: [Feature] = []
        while features.count < wanted.count {
            let feature = try await fetch(wanted[features.count], name: "feature-\(features.count)")
            features.append(feature)
            for dependency in feature.dependencies {
                let name = FeatureReference.name(dependency.reference)
                if !wanted.contains(where: { FeatureReference.name($0.reference) == name }) { wanted.append(dependency) }
            }
            if wanted.count > FeatureStore.mostFeatures {
                throw Failure(.project, "the features depend on more than \(FeatureStore.mostFeatures) others")
            }
        }
        return features
    }

    private func fetch(_ wanted: DevContainer.Feature, name: String) async throws -> Feature {
        let place = "\(folder)/\(name)"
        switch FeatureReference(wanted.reference) {
        case .folder(let path)?: try copy("\(build.directory)/\(path)", to: place)
        case .registry(let host, let path, let version)?:
            let image = version.hasPrefix("@") ? "\(host)/\(path)\(version)" : "\(host)/\(path):\(version)"
            try await pull(image, isLoopback: FeatureReference(wanted.reference)?.isLoopback == true, to: place)
        case nil: throw Failure(.project, "\(wanted.reference) is no feature")
        }
        let file = "\(place)/\(FeatureStore.metadata)"
        let text = try failing(.project, next: "a feature has one, and an install.sh") { () throws(SystemError) in
            try readFile(file, stage: "read \(FeatureStore.metadata) of \(wanted.reference)")
        }
        guard FileManager.default.fileExists(atPath: "\(place)/install.sh") else {
            throw Failure(.project, "the feature \(wanted.reference) has no install.sh")
        }
        return try Feature.parse(
            text, file: "\(wanted.reference)/\(FeatureStore.metadata)", reference: wanted.reference, folder: name,
            options: wanted.options)
    }

    private func copy(_ source: String, to place: String) throws {
        let canonical = try Project.canonical(source)
        guard canonical.hasPrefix(build.directory + "/") else {
            throw Failure(.project, "the feature \(source) leads out of the project; a feature's folder is in it")
        }
        try run(["cp", "--recursive", "--no-target-directory", "--", canonical, place], "copy the feature \(source)")
    }

    private struct Manifest: Decodable {
        struct Layer: Decodable {
            var mediaType: String
            var digest: String
        }

        var layers: [Layer]
    }

    /// skopeo checks every digest, and knows the credentials that the engines were given.
    private func pull(_ image: String, isLoopback: Bool, to place: String) async throws {
        log.notice("fetching the feature \(image)")
        let fetched = "\(place).fetched"
        // Only this machine's own registry may do without TLS.
        try run(
            ["skopeo", "copy", "--quiet"] + (isLoopback ? ["--src-tls-verify=false"] : []) + [
                "docker://\(image)", "dir:\(fetched)",
            ],
            "fetch the feature \(image)")
        let bytes = try failing(.provider) { () throws(SystemError) in
            try readFile("\(fetched)/manifest.json", stage: "read the manifest of \(image)")
        }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)),
            let layer = manifest.layers.first(where: { $0.mediaType.hasPrefix(FeatureStore.layerType) }),
            let digest = layer.digest.split(separator: ":").last, digest.allSatisfy({ $0.isHexDigit })
        else { throw Failure(.project, "\(image) is no feature: it has no layer of the type \(FeatureStore.layerType)") }
        try run(["mkdir", "--", place], "make \(place)")
        // tar takes no name out of the folder, and no owner.
        try run(
            ["tar", "--extract", "--no-same-owner", "--file", "\(fetched)/\(digest)", "--directory", place],
            "unpack the feature \(image)")
        try run(["rm", "-rf", "--", fetched], "remove \(fetched)")
    }

    private func run(_ arguments: [String], _ what: String) throws(Failure) {
        let output = try HostCommand(arguments: arguments).run(seconds: FeatureStore.fetchSeconds, log: log)
        if output.status != 0 { throw Failure(.provider, "could not \(what): \(output.complaint)") }
    }
}
