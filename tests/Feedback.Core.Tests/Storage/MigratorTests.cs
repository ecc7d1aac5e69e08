using System.Security.Cryptography;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Storage;

public sealed class MigratorTests
{
    // The beginning of each one's SHA-256. When a version is released its scripts are added.
    private static readonly Dictionary<string, string> Released = new()
    {
        ["0001_first"] = "8d0efd65ae0e92d9",
        ["0002_calls"] = "7f8f84cd97fb7d5b",
        ["0003_operators"] = "9fea68b3cefd6e19",
        ["0004_lists"] = "01a55cb46246e623",
        ["0005_templates"] = "fa5146978325873a",
        ["0006_media"] = "5ffbfef877b2231f",
        ["0007_totp"] = "bb7c22bafbd87480",
        ["0008_consents"] = "e22d6234c29961ed",
        ["0009_outside_line"] = "a0535f146fad49e4",
        ["0010_closed"] = "22071731f70779d8",
        ["0011_unreachable"] = "7de6995ce056929f",
        ["0012_sessions"] = "22f0bb6a384eafe5",
        ["0013_guard"] = "658095e54af2622b",
        ["0014_receipt_tries"] = "20b1ef230a4d1df3",
        ["0015_learning"] = "2148d0f88e7417cf",
        ["0016_filters"] = "2fabc49d88fc8d39",
        ["0017_password_cost"] = "1546740ea1dcc91b",
        ["0018_lines"] = "85f92dce79681394",
        ["0019_calls"] = "8935df6b25714f01",
        ["0020_provider_copies"] = "dbdc63549c6aabdc",
        ["0021_quotes"] = "4adf81407e31375d",
        ["0022_guard_mended"] = "a8389a59586fe1a8",
        ["0024_outbox_sent"] = "7fd3c9b0ffdf3d1b",
        ["0025_message_recorded"] = "ca983d4048640b03",
        ["0026_outbox_parts"] = "45bda4a98f0dac4a",
        ["0030_media_store"] = "631f9da4c71d58a7",
        ["0031_keyword"] = "084b591dd7ec3ebf",
        ["0032_parts_owed"] = "3647248085759ea9",
        ["0033_erased_is_not_shared"] = "ced98db0eb03ec6f",
        ["0034_own_number"] = "7443c27b06a50000",
        ["0035_transcription"] = "9f562a1343f46a25",
        ["0036_message_with_its_item"] = "e5c82507f3aebb1a",
        ["0037_unread"] = "2a7226265a6d3fd2",
        ["0038_last_asked"] = "1953c3a761cd9a79",
    };

    [Fact]
    public void A_script_that_was_released_is_never_changed_for_no_database_would_run_it_again()
    {
        var directory = Path.Combine(TestDatabase.RepositoryRoot, "src", "Feedback.Core", "Storage", "Schema");
        foreach (var (name, hash) in Released)
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, name + ".sql"))))[..16].ShouldBe(hash, name);
    }

    [Fact]
    public async Task Three_machines_at_once_and_a_second_time_make_one_schema()
    {
        var empty = await TestDatabase.EmptyAsync();
        (await Migrator.PendingAsync(empty, CancellationToken.None)).ShouldBe(Migrator.Known);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Migrator.MigrateAsync(empty, TestDatabase.Keys, _ => { }, CancellationToken.None))));
        await Migrator.MigrateAsync(empty, TestDatabase.Keys, _ => { }, CancellationToken.None);

        (await Migrator.PendingAsync(empty, CancellationToken.None)).ShouldBeEmpty();
        await using var connection = new Npgsql.NpgsqlConnection(empty);
        await connection.OpenAsync();
        await using var unread = new Npgsql.NpgsqlCommand("select count(*) from pg_constraint where not convalidated", connection);
        (await unread.ExecuteScalarAsync()).ShouldBe(0L, "what was added without reading the rows is made good by a later script");
    }

    [Fact]
    public async Task A_pool_that_could_read_past_the_policies_is_refused()
    {
        var empty = await TestDatabase.EmptyAsync();
        await Migrator.MigrateAsync(empty, TestDatabase.Keys, _ => { }, CancellationToken.None);
        await using (var fine = new Databases(empty))
            await fine.RefuseBypassAsync(CancellationToken.None);

        await using var owned = new Npgsql.NpgsqlConnection(empty);
        await owned.OpenAsync();
        await using (var take = new Npgsql.NpgsqlCommand("alter table item owner to cea_pages", owned))
            await take.ExecuteNonQueryAsync();
        await using var databases = new Databases(empty);
        (await Should.ThrowAsync<InvalidOperationException>(() => databases.RefuseBypassAsync(CancellationToken.None))).Message.ShouldContain("row policies");
    }
}
