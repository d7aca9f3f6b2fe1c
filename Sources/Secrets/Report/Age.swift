/// A time that has passed, in the largest unit that is not zero.
enum Age {
    static func text(_ seconds: Int64) -> String {
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("min", 60)] where seconds >= length {
            return "\(seconds / length) \(unit)"
        }
        return "\(max(seconds, 0)) s"
    }
}
