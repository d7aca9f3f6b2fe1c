/// Amounts as a cluster itself writes them: of another spelling it would say at each `apply` that something has changed.
enum KubernetesQuantity {
    /// In the largest unit that loses nothing: `10Gi`, `1536Mi`, `1000`.
    static func bytes(_ count: UInt64) -> String {
        let units: [(name: String, size: UInt64)] = [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)]
        guard let unit = units.first(where: { count >= $0.size && count % $0.size == 0 }) else { return String(count) }
        return "\(count / unit.size)\(unit.name)"
    }

    /// `1.5` processors are `1500m`; a thousandth is the least there is.
    static func processors(_ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        let thousandths = UInt64(fraction.prefix(3) + String(repeating: "0", count: max(0, 3 - fraction.count)))
        guard let whole = parts[0].isEmpty ? 0 : UInt64(parts[0]), whole < 1 << 32, let thousandths else { return text }
        let isCut = fraction.dropFirst(3).contains { $0 != "0" }
        let count = whole * 1000 + thousandths + (isCut ? 1 : 0)
        return count % 1000 == 0 ? String(count / 1000) : "\(count)m"
    }
}
