/// The moments at which a `devcontainer.json` has commands run, in their order.
enum LifecycleStage: String, CaseIterable {
    /// On the host, before the pod is made or started.
    case initialize = "initializeCommand"
    /// In a new pod, once.
    case onCreate = "onCreateCommand"
    case updateContent = "updateContentCommand"
    case postCreate = "postCreateCommand"
    /// Each time the pod has started.
    case postStart = "postStartCommand"
    /// Each time somebody comes to it.
    case postAttach = "postAttachCommand"

    /// Those that belong to `tazpod up`, in the pod.
    static let ofStart: [LifecycleStage] = [.onCreate, .updateContent, .postCreate, .postStart]

    /// Run once in a pod's life, and not at every start.
    var isOnce: Bool { [.onCreate, .updateContent, .postCreate].contains(self) }
}

/// What is run at one moment: one program, or several side by side.
struct LifecycleCommand: Equatable {
    struct Part: Equatable {
        /// Its key, where there are several.
        var name: String?
        var words: [String]
    }

    var stage: LifecycleStage
    var parts: [Part]

    /// A line of shell.
    static func shell(_ line: String) -> [String] { ["/bin/sh", "-c", line] }
}
