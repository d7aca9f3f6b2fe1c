import SecretsPlan

/// The items that one request answers, by what is asked for; in the order of the plan.
struct ItemGroup<Key: Hashable> {
    let key: Key
    var items: [PullItem]

    static func groups(_ items: [(key: Key, item: PullItem)]) -> [ItemGroup<Key>] {
        var groups: [ItemGroup<Key>] = []
        var places: [Key: Int] = [:]
        for (key, item) in items {
            if let place = places[key] {
                groups[place].items.append(item)
            } else {
                places[key] = groups.count
                groups.append(ItemGroup(key: key, items: [item]))
            }
        }
        return groups
    }
}
