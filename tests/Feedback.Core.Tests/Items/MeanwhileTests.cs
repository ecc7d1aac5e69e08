using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Testing;
using Npgsql;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>Somebody writes at the very moment at which an officer closes or moves the item: neither is lost, and nothing is left where the item was.</summary>
public sealed class MeanwhileTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Restricted = "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores";
    private const string Astray = "select count(*) from message m join item i on i.id = m.item_id where i.id = $1 and m.audience_id <> i.audience_id";
    private static int _number = 700000;
    private readonly string _from = $"+5027{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task What_is_said_while_the_item_is_being_closed_opens_it_again()
    {
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        await WhileAsync(() => _pipeline.SayAsync(_from, Hours), "update item set status = 'resolved', resolved_at = now() where id = $1", item);
        (await database.ScalarAsync<string>("select status || ' ' || reopened from item where id = $1", item)).ShouldBe("in_progress 1");
    }

    [Fact]
    public async Task What_is_said_while_the_item_is_being_moved_is_for_whom_it_is_then()
    {
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        await WhileAsync(() => _pipeline.SayAsync(_from, Hours), await MoveAsync(), item);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", item)).ShouldBe(2);
        (await database.ScalarAsync<long>(Astray, item)).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in' and sealed is null and recorded_at = (select max(recorded_at) from message where item_id = $1 and direction = 'in')", item)).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_added_by_code_while_the_item_is_being_moved_is_for_whom_it_is_then()
    {
        var first = await _pipeline.SayAsync(_from, Hours);
        await WhileAsync(async () =>
        {
            await _pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = $"add {_from}", Text = new PersonalText(Hours), Adds = first.Code }], "raw"u8.ToArray(), CancellationToken.None);
            await _pipeline.TriageAllAsync();
        }, await MoveAsync(), first.MessageId);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", first.MessageId)).ShouldBe(2);
        (await database.ScalarAsync<long>(Astray, first.MessageId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_note_on_an_item_that_is_being_moved_is_not_left_behind()
    {
        await using var office = new Office(database);
        var officer = await office.HireAsync($"officer-{_from[1..]}", [Roles.Officer]);
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        string? refused = null;
        await WhileAsync(async () => refused = await office.RefusalAsync(officer, new AddNote(item, new PersonalText("the tap is dry"), Guid.CreateVersion7())), await MoveAsync(), item);
        refused.ShouldBe("changed_meanwhile");
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'note'", item)).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_closed_over_what_the_officer_has_not_seen()
    {
        await using var office = new Office(database);
        var officer = await office.HireAsync($"officer-{_from[1..]}", [Roles.Officer]);
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        int Seen(ItemView view) => view.Timeline.Count(t => t.Detail == "in");
        var seen = Seen(await office.AskAsync(officer, new ItemDetail(item)));
        await _pipeline.SayAsync(_from, "[complaint|water|normal|0|es] y no hay agua");

        (await office.RefusalAsync(officer, new ResolveItem(item, new PersonalText("open from seven"), Guid.CreateVersion7()) { Heard = seen })).ShouldBe("said_meanwhile");
        (await office.RefusalAsync(officer, new CloseItem(item, null, "not_verified", Guid.CreateVersion7()) { Heard = seen })).ShouldBe("said_meanwhile");
        (await database.ScalarAsync<string>("select status || (select count(*) from message where item_id = $1 and direction = 'note') from item where id = $1", item)).ShouldBe("new0");

        seen = Seen(await office.AskAsync(officer, new ItemDetail(item)));
        await office.AskAsync(officer, new ResolveItem(item, new PersonalText("open from seven"), Guid.CreateVersion7()) { Heard = seen });
        await _pipeline.SayAsync(_from, "[praise|opening_hours|low|0|es] gracias");
        (await office.RefusalAsync(officer, new CloseItem(item, null, "not_verified", Guid.CreateVersion7()) { Heard = seen })).ShouldBe("said_meanwhile");
        await office.AskAsync(officer, new CloseItem(item, null, "not_verified", Guid.CreateVersion7()) { Heard = seen + 1 });
        (await database.ScalarAsync<string>("select status from item where id = $1", item)).ShouldBe("closed");
    }

    // Into the circle of an item that somebody else's message made.
    private async Task<string> MoveAsync()
    {
        var other = (await _pipeline.SayAsync(_from + "9", Restricted)).MessageId;
        return $"""
            with moved as (update item set (audience_id, circle_id, sensitivity) = (select audience_id, circle_id, sensitivity from item where id = '{other}') where id = $1 returning audience_id)
            update message set audience_id = moved.audience_id from moved where item_id = $1
            """;
    }

    // The act has to wait for the change, which is not committed before it does.
    private async Task WhileAsync(Func<Task> act, string change, Guid item)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand(change, connection) { Parameters = { new() { Value = item } } })
            await command.ExecuteNonQueryAsync();
        var acting = Task.Run(act);
        for (var tries = 0; await database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0; tries++)
        {
            if (acting.IsCompleted)
                await acting;
            (acting.IsCompleted || tries > 600).ShouldBeFalse("it did not wait for the change");
            await Task.Delay(50);
        }
        await transaction.CommitAsync();
        await acting;
    }
}
