using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Testing;
using Npgsql;

namespace Cea.Feedback.Core.Tests.Storage;

/// <summary>Whoever recorded something sees what he recorded until his shift ends, then only how it stands (S6).</summary>
public sealed class RecorderTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 930000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Officer _volunteer = null!, _officer = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _volunteer = await _office.HireAsync($"volunteer-{_run}", [Roles.Volunteer]);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task He_reads_his_own_words_and_no_later_message_of_the_item()
    {
        var item = await RecordedAsync(_volunteer);
        var later = (await _pipeline.SayAsync(_from, "[request|health|normal|1|es] sigue con fiebre")).MessageId;
        (await database.ScalarAsync<Guid>("select item_id from message where id = $1", later)).ShouldBe(item);
        (await ReadAsync(_volunteer, "select id from message where text is not null")).ShouldBe([item]);
        (await ReadAsync(_officer, "select id from message where text is not null")).ShouldBeEmpty();
        var mine = (await _office.AskAsync(_volunteer, new MyRecords())).Single();
        (mine.Text, mine.State).ShouldBe(("[request|health|normal|1|es] fiebre alta", "received"));
    }

    [Fact]
    public async Task When_his_shift_is_over_he_sees_how_it_stands_and_nothing_else()
    {
        var item = await RecordedAsync(_volunteer);
        await database.ExecuteAsync("update item set recorder_sees_until = now() - interval '1 minute', status = 'in_progress' where id = $1", item);
        (await ReadAsync(_volunteer, "select id from message")).ShouldBeEmpty();
        var mine = (await _office.AskAsync(_volunteer, new MyRecords())).Single();
        (mine.Text, mine.State).ShouldBe((null, "in_progress"));
    }

    [Fact]
    public async Task What_became_of_it_shows_in_no_row_and_he_does_nothing_to_it()
    {
        var item = await RecordedAsync(_officer);
        (await ReadAsync(_officer, "select id from item")).ShouldBeEmpty();
        (await _office.RefusalAsync(_officer, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.RefusalAsync(_officer, new AssignItem(item, 1, null, Guid.CreateVersion7()))).ShouldBe("item_not_found");
    }

    private async Task<Guid> RecordedAsync(Officer by)
    {
        var id = (await _pipeline.SayAsync(_from, "[request|health|normal|1|es] fiebre alta")).MessageId;
        await database.ExecuteAsync("update item set recorded_by = $2, recorder_sees_until = now() + interval '2 hours' where id = $1", id, by.Id);
        return id;
    }

    private async Task<List<Guid>> ReadAsync(Officer who, string sql)
    {
        await using var connection = await database.Databases.Pages.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var set = new NpgsqlCommand($"select set_config('cea.officer', '{who.Id}', true)", connection))
            await set.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Guid>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetGuid(0));
        return rows;
    }
}
