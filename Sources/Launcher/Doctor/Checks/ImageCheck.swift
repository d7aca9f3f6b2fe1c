/// Whether what the pod is made from is there.
enum ImageCheck {
    static func finding(_ answer: ImageAnswer, image: String, provider: ProjectConfig.ProviderName) -> Finding {
        let name = "image"
        switch answer {
        case .notAsked: return .notApplicable(name, "is looked at once \(provider.rawValue) answers")
        case .present(let bytes):
            return .ok(name, "\(provider.rawValue) has \(image)" + (bytes.map { " (\(Quantities.text($0)))" } ?? ""))
        case .absent:
            let next =
                image.hasPrefix("tazpod-")
                ? "\(Engine.recipe(for: provider.rawValue)), in TazPod's own folder" : "\(provider.rawValue) pull \(image)"
            return .missing(name, "\(provider.rawValue) has no image \(image)", next: next)
        case .programs(let missing):
            if missing.isEmpty { return .ok(name, "native uses this machine's own programs, and they are there") }
            return ProviderCheck.missing(missing, name, "native uses this machine's own programs")
        }
    }
}
