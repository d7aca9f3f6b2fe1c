import CLinux
import Contract
import FoundationEssentials
import Logging

/// Makes a project's own image with an engine.
struct ImageBuilder {
    let engine: Engine
    let log: Logger

    private static let generated = "Dockerfile"
    private static let inputsLabel = "dev.tazpod.inputs"

    /// Makes the image if it is not there, if what it is made of has changed, or `again`.
    func make(_ build: ImageBuild, again: Bool) async throws {
        let inputs = try BuildInputs.digest(build)
        if !again, try await madeOf(build.name) == inputs { return }
        log.notice("building the image \(build.name) with \(engine.name)")
        let labels = [
            "\(ImageBuilder.inputsLabel)=\(inputs)", "\(EngineLabels.directory)=\(build.directory)",
        ]
        if let recipe = build.recipe { try run(recipe, tag: build.recipeName, labels: build.features.isEmpty ? labels : []) }
        if !build.features.isEmpty { try await addFeatures(build, labels) }
    }

    /// As a person would type it.
    func rendering(_ build: ImageBuild) -> [String] {
        var lines: [String] = []
        if let recipe = build.recipe {
            let place = recipe.excluded.isEmpty ? recipe.context : "a copy of \(recipe.context) without the vault"
            lines.append(builder(recipe, build.recipeName, [], context: place).description)
        }
        if !build.features.isEmpty {
            lines.append("# \(build.name): with the features \(build.features.map { $0.reference }.joined(separator: ", "))")
        }
        return lines
    }

    private func madeOf(_ name: String) async throws -> String? {
        let result = try await HostCommand(
            arguments: [
                engine.name, "image", "inspect", "--format", "{{index .Config.Labels \"\(ImageBuilder.inputsLabel)\"}}", name,
            ]
        ).run(log: log)
        return result.status == 0 ? result.output.filter { !$0.isWhitespace } : nil
    }

    // -- a Dockerfile ------------------------------------------------------------------------------------------------------

    private func run(_ recipe: ImageBuild.Recipe, tag: String, labels: [String]) throws {
        let context = try BuildContext(recipe, log: log)
        // The copy goes with its value.
        try withExtendedLifetime(context) {
            try run(builder(recipe, tag, labels, context: context.path), failure: "the image from \(recipe.dockerfile)")
        }
    }

    private func builder(_ recipe: ImageBuild.Recipe, _ tag: String, _ labels: [String], context: String) -> HostCommand {
        var arguments = recipe.arguments.sorted { $0.key < $1.key }.flatMap { ["--build-arg", "\($0.key)=\($0.value)"] }
        if let target = recipe.target { arguments += ["--target", target] }
        return builder(recipe.dockerfile, tag, labels, arguments + [context])
    }

    private func builder(_ dockerfile: String, _ tag: String, _ labels: [String], _ more: [String]) -> HostCommand {
        HostCommand(
            arguments: [engine.name, "build", "--file", dockerfile, "--tag", tag] + engine.buildOptions
                + labels.flatMap { ["--label", $0] } + more)
    }

    private func run(_ builder: HostCommand, failure what: String) throws {
        let isWatched = isatty(STDERR_FILENO) == 1 && log.logLevel <= .notice || log.logLevel <= .debug
        let status = try BuildRun(command: builder, isWatched: isWatched, log: log).run()
        if status != 0 {
            throw Failure(.provider, "\(engine.name) could not build \(what) (status \(status)); its own words are above")
        }
    }

    // -- features ------------------------------------------------------------------------------------------------------------

    private func addFeatures(_ build: ImageBuild, _ labels: [String]) async throws {
        let folder = try TemporaryFolder()
        let features = try await FeatureStore(build: build, folder: folder.path, log: log).fetchAll()
        for notice in features.flatMap({ $0.notices }) { log.notice("\(notice)") }
        let layers = FeatureLayers(
            base: build.recipe == nil ? build.base : build.recipeName, user: build.user,
            features: try FeatureOrder.sorted(features, first: build.featureOrder))
        try folder.write(layers.dockerfile, as: ImageBuilder.generated)
        for feature in layers.features {
            try folder.write(feature.environmentFile, as: "\(feature.folder)/\(FeatureLayers.variables)")
        }
        try withExtendedLifetime(folder) {
            try run(
                builder("\(folder.path)/\(ImageBuilder.generated)", build.name, labels, [folder.path]),
                failure: "the image with its features")
        }
    }
}
