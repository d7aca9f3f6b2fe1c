/// A Dockerfile that installs features over an image, a layer each.
struct FeatureLayers: Equatable {
    let base: String
    let user: String
    /// In the order of installation.
    let features: [Feature]

    /// The file beside `install.sh` that holds the options.
    static let variables = "tazpod-feature.env"
    private static let place = "/tmp/tazpod-features"

    var dockerfile: String {
        (["FROM \(base)", "USER root"] + features.flatMap { layer($0) }).joined(separator: "\n") + "\n"
    }

    private func layer(_ feature: Feature) -> [String] {
        let folder = "\(FeatureLayers.place)/\(feature.folder)"
        let environment = feature.containerEnvironment.sorted { $0.key < $1.key }.map { "ENV \($0.key)=\(quoted($0.value))" }
        let install = [
            "cd \(folder)", "chmod +x install.sh", ". ./\(FeatureLayers.variables)",
            "export _REMOTE_USER=\(user) _CONTAINER_USER=root",
            "export _REMOTE_USER_HOME=\"$(getent passwd \(user) | cut -d: -f6)\" _CONTAINER_USER_HOME=/root", "./install.sh",
            "cd /", "rm -rf \(folder)",
        ]
        return environment + ["COPY \(feature.folder) \(folder)", "RUN " + install.joined(separator: " && ")]
    }

    /// Variables in it are the builder's to replace, as `${PATH}` is.
    private func quoted(_ value: String) -> String {
        "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
