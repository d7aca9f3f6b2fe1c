import Contract
import FoundationEssentials

/// What an engine knows of an image, as far as it decides how a pod is made from it.
struct EngineImage: Decodable, Equatable {
    var id: String?
    var labels: [String: String]?
    /// `NAME=value` each.
    var environment: [String]?

    static let inspectFormat = "{\"id\":{{json .ID}},\"labels\":{{json .Config.Labels}},\"environment\":{{json .Config.Env}}}"

    /// The label by which our images say where TazPod's programs are in them; what is built upon them has it too.
    private static let programsLabel = "dev.tazpod.programs"

    /// Nobody has to be asked about the images of `make images`, which would take a tenth of the time of `up`.
    private static let own = ["tazpod-base", "tazpod-infisical", "tazpod-k8s", "tazpod-gemini"]

    static func isOwn(_ name: String) -> Bool {
        own.contains(String(name.prefix { $0 != ":" }))
    }

    /// - Returns: nil when it is of another form.
    static func parse(_ output: String) -> EngineImage? {
        try? JSONDecoder().decode(EngineImage.self, from: Data(output.utf8))
    }

    /// TazPod's programs are in it, where they are looked for.
    var hasPrograms: Bool { labels?[EngineImage.programsLabel] == PodPaths.programs }

    func value(of variable: String) -> String? {
        environment?.first { $0.hasPrefix("\(variable)=") }.map { String($0.dropFirst(variable.count + 1)) }
    }
}
