import Contract
import Logging

/// An image with TazPod's programs laid over another: for an engine on another machine, where there is nothing to mount into that.
///
/// Named by what it is made of, it is made once for each image and version of the programs.
struct BundledImage {
    let bundle: Bundle
    let base: String
    let name: String

    private static let file = "Dockerfile"
    private static let prefix = "tazpod-bundled"

    /// - Throws: code 3 when the bundle's folder is gone.
    init(bundle: Bundle, base: String, image: EngineImage) throws(Failure) {
        self.bundle = bundle
        self.base = base
        let words = "\(image.id ?? base) \(try BuildInputs.digest(ofFolder: bundle.folder))"
        name = "\(BundledImage.prefix):\(StableHash.hexadecimal(words.utf8))"
    }

    /// Nothing is run in it, so that it may be an image without a shell.
    var dockerfile: String {
        let programs = Bundle.programs.map { "bin/\($0)" }.joined(separator: " ")
        return """
            FROM \(base)
            COPY . \(PodPaths.bundle)/
            COPY \(programs) \(PodPaths.programs)/

            """
    }

    func make(_ provider: EngineProvider) throws {
        let known = try provider.command(["image", "inspect", "--format", "{{.Id}}", name]).run(
            seconds: BundledImage.inspectSeconds, log: provider.log)
        if known.status == 0 { return }
        provider.log.notice("making the image \(name): \(base) with TazPod's programs")
        let folder = try TemporaryFolder()
        try folder.write(dockerfile, as: BundledImage.file)
        try withExtendedLifetime(folder) {
            let builder = provider.command(
                ["build", "--file", "\(folder.path)/\(BundledImage.file)", "--tag", name] + provider.engine.buildOptions
                    + [bundle.folder])
            let status = try BuildRun(command: builder, isWatched: provider.log.logLevel <= .debug, log: provider.log).run()
            if status == 0 { return }
            throw Failure(
                .provider,
                "\(provider.name) could not lay TazPod's programs over \(base) (status \(status)); its own words are above")
        }
    }

    private static let inspectSeconds = 30
}

extension EngineProvider {
    /// Sees to the image that the pod is made of, where it is one with the programs laid over another.
    func makeBundledImage(_ arguments: EngineArguments, of plan: PodPlan) throws {
        guard arguments.bundledImage != nil, let (bundle, image) = arguments.bundled else { return }
        try BundledImage(bundle: bundle, base: plan.workspace.image, image: image).make(self)
    }
}
