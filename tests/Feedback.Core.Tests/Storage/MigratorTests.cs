using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Storage;

public sealed class MigratorTests
{
    [Fact]
    public async Task Three_machines_at_once_and_a_second_time_make_one_schema()
    {
        var empty = await TestDatabase.EmptyAsync();
        (await Migrator.PendingAsync(empty, CancellationToken.None)).ShouldBe(Migrator.Known);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Migrator.MigrateAsync(empty, TestDatabase.Keys, _ => { }, CancellationToken.None))));
        await Migrator.MigrateAsync(empty, TestDatabase.Keys, _ => { }, CancellationToken.None);

        (await Migrator.PendingAsync(empty, CancellationToken.None)).ShouldBeEmpty();
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
