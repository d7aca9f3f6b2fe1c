/// How a project's own image is made: a plain value.
struct ImageBuild: Codable, Equatable {
    /// A Dockerfile of the project.
    struct Recipe: Codable, Equatable {
        /// Absolute, as the next.
        var dockerfile: String
        var context: String
        var arguments: [String: String]
        var target: String?
        /// Folders below the context, relative to it, that no image is made of.
        var excluded: [String]
    }

    /// What the image is called: of this project alone.
    var name: String
    /// The project's folder, to which the folders of features are relative.
    var directory: String
    /// The image to begin with, where there is no recipe.
    var base: String
    var recipe: Recipe?
    var features: [DevContainer.Feature] = []
    /// Features that come first.
    var featureOrder: [String] = []
    /// The workspace user, for features.
    var user: String

    /// What the recipe makes, before features.
    var recipeName: String { features.isEmpty ? name : "\(name)-base" }
}
