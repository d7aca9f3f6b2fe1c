import Contract
import Linux
import SecretsPlan

/// What comes of each item of a plan: its value goes to be stored, its failure to be told.
final class Delivery {
    private let store: (PullItem, borrowing SecretBuffer) throws(Failure) -> Void
    /// What failed, and why.
    private(set) var failures: [(item: PullItem, failure: Failure)] = []

    /// - Parameter store: Keeps a value. What it throws is that item's failure.
    init(storingBy store: @escaping (PullItem, borrowing SecretBuffer) throws(Failure) -> Void) {
        self.store = store
    }

    func deliver(_ item: PullItem, _ value: borrowing SecretBuffer) {
        do throws(Failure) {
            try store(item, value)
        } catch {
            fail(item, error)
        }
    }

    func fail(_ item: PullItem, _ failure: Failure) {
        failures.append((item, failure))
    }

    /// Delivers what `fetch` returns, or its failure.
    func deliver(_ item: PullItem, from fetch: () throws(Failure) -> SecretBuffer) {
        do throws(Failure) {
            let value = try fetch()
            deliver(item, value)
        } catch {
            fail(item, error)
        }
    }
}
