import Testing

@testable import Launcher

struct QuantitiesTests {
    @Test(
        "Bytes are shown in the largest unit, with a tenth where that tells more, and never more than there is",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536 << 10, "1.5 MiB"), (48 << 20, "48 MiB"),
            (1 << 30, "1 GiB"), ((2 << 30) - 1, "1.9 GiB"), (3 << 40, "3 TiB"),
        ] as [(UInt64, String)])
    func shown(bytes: UInt64, expected: String) {
        #expect(Quantities.text(bytes) == expected)
    }

    @Test(
        "A size is a number and a unit of 1024s",
        arguments: [
            ("0", 0), ("1048576", 1_048_576), ("7B", 7), ("1K", 1 << 10), ("1Ki", 1 << 10), ("1KiB", 1 << 10),
            ("512M", 512 << 20),
            ("512Mi", 512 << 20), ("512MiB", 512 << 20), ("4G", 4 << 30), ("10Gi", 10 << 30), ("4GiB", 4 << 30), ("2T", 2 << 40),
            ("2Ti", 2 << 40), ("2TiB", 2 << 40), ("18446744073709551615", UInt64.max), ("007", 7),
        ] as [(String, UInt64)])
    func bytes(text: String, expected: UInt64) {
        #expect(Quantities.bytes(text) == expected)
    }

    @Test(
        "What is no size is none",
        arguments: [
            "", "MiB", "-1", "+1", "1.5GiB", "1 GiB", "1gib", "1MB", "1GB", "1PiB", "1KiBs", "0x10", "１", "١", "1_000",
            "18446744073709551616", "18446744073709551615KiB", "16777216TiB",
        ])
    func noBytes(text: String) {
        #expect(Quantities.bytes(text) == nil)
    }

    @Test(
        "A time is a number and a unit",
        arguments: [("90s", 90), ("30m", 1800), ("4h", 14_400), ("1d", 86_400), ("0s", 0)] as [(String, UInt64)])
    func seconds(text: String, expected: UInt64) {
        #expect(Quantities.seconds(text) == expected)
    }

    @Test("What is no time is none", arguments: ["", "30", "m", "1.5h", "30M", "30min", "-1s", "1h30m", "18446744073709551615d"])
    func noSeconds(text: String) {
        #expect(Quantities.seconds(text) == nil)
    }
}
