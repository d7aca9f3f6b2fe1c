import Contract

/// In which order features are installed.
enum FeatureOrder {
    /// Each after those that it says it comes after, as far as they are there; among those that may be next, first the ones in
    /// `first`, then by name.
    static func sorted(_ features: [Feature], first: [String]) throws(Failure) -> [Feature] {
        var waiting = features.sorted { rank($0, first) < rank($1, first) }
        var result: [Feature] = []
        while !waiting.isEmpty {
            let names = waiting.map { FeatureReference.name($0.reference) }
            guard let next = waiting.firstIndex(where: { $0.comesAfter.allSatisfy { !names.contains($0) } }) else {
                throw Failure(
                    .project, "the features \(names.joined(separator: ", ")) each want to be installed after another of them")
            }
            result.append(waiting.remove(at: next))
        }
        return result
    }

    private static func rank(_ feature: Feature, _ first: [String]) -> (Int, String) {
        let name = FeatureReference.name(feature.reference)
        return (first.firstIndex { FeatureReference.name($0) == name } ?? first.count, name)
    }
}

extension Feature {
    fileprivate var comesAfter: [String] {
        (installsAfter + dependencies.map { $0.reference }).map { FeatureReference.name($0) }
    }
}
