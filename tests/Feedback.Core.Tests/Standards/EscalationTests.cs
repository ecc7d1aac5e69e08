using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Standards;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Standards;

public sealed class EscalationTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly short Psea = Circle.Of("psea").Id;
    private static int _number = 740000;
    private readonly Office _office = new(database, channels: [new PaperChannel()]);
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private Officer _ana = null!, _ben = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox; delete from clock; delete from rota; delete from circle_member; delete from circle_notice; delete from circle; insert into channel_account (id, kind) values ('slips', 'paper') on conflict do nothing");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _pipeline = new Pipeline(database, channels: [new PaperChannel()]);
        await _pipeline.SetUpAsync();
        _ana = await _office.HireAsync($"ana-{Guid.CreateVersion7():N}", [Roles.Circle], ["psea"]);
        _ben = await _office.HireAsync($"ben-{Guid.CreateVersion7():N}", [Roles.Circle], ["psea"]);
        await _office.AskAsync(_ana, new SaveCircle(Psea, "the ethics line of the federation", new ContactChoice(false, "slips", "+41 22 000 00 00"), Guid.CreateVersion7()));
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task With_nobody_of_the_circle_left_its_contact_outside_is_told_that_something_waits_and_nothing_of_it()
    {
        var id = await OverdueAsync();
        await database.ExecuteAsync("update officer set active = false where id = any ($1)", new[] { _ana.Id, _ben.Id });

        var round = await RunAsync();
        round.NobodyOnCall.ShouldContain((Psea, "seen"));
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'escalated_outside'", id)).ShouldBe(1);
        (await _pipeline.Outbox.TakeAccountAsync("slips", "node", CancellationToken.None)).ShouldBeTrue();
        var sent = (await _pipeline.Outbox.ClaimAsync("slips", "node", [], new PaperChannel().Traits, CancellationToken.None)).ShouldNotBeNull();
        sent.Address!.Value.Value.ShouldBe("+41220000000");
        sent.Text!.Value.Value.ShouldContain("a confidential report waits");
        sent.Text!.Value.Value.ShouldNotContain("favores");
        sent.Text!.Value.Value.ShouldNotContain(id.ToString());
        (await database.ScalarAsync<long>("select count(*) from circle where position('000000'::bytea in outside_line) > 0")).ShouldBe(0);
    }

    [Fact]
    public async Task While_somebody_of_the_circle_is_left_nothing_leaves_it()
    {
        var id = await OverdueAsync();
        await database.ExecuteAsync("update officer set active = false where id = $1", _ana.Id);
        await RunAsync();
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'escalated' and (detail->>'to')::int = $2", id, _ben.Id)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from outbox where circle_id is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task A_critical_item_of_a_circle_has_the_clocks_of_high_until_two_are_on_call()
    {
        var before = await SayAsync("critical");
        (await SeenWithinAsync(before)).ShouldBe(240);
        (await _office.AskAsync(_ana, new ItemDetail(before))).CriticalClocksRun.ShouldBeFalse();
        await OnCallAsync(_ana, _ben);
        await using var later = new Pipeline(database, channels: [new PaperChannel()]); // one that has not read the rota before
        var after = (await later.SayAsync(_from + "1", Said("critical"))).MessageId;
        (await SeenWithinAsync(after)).ShouldBe(15);
        (await _office.AskAsync(_ana, new ItemDetail(after))).CriticalClocksRun.ShouldBeTrue();
    }

    [Fact]
    public async Task With_fewer_than_two_on_call_the_whole_circle_is_told_at_once()
    {
        var id = await OverdueAsync();
        await OnCallAsync(_ana);
        await RunAsync();
        (await database.ScalarAsync<long>("select count(distinct detail->>'to') from item_event where item_id = $1 and what = 'escalated'", id)).ShouldBe(2);
    }

    [Fact]
    public async Task With_two_on_call_they_are_told_first_and_a_critical_one_again_after_a_quarter_of_an_hour()
    {
        var third = await _office.HireAsync($"third-{Guid.CreateVersion7():N}", [Roles.Circle]);
        await _office.AskAsync(_ana, new ProposeMember(Psea, third.Id, null, false, Guid.CreateVersion7()));
        await _office.AskAsync(_ben, new ConfirmMember(Psea, third.Id, Guid.CreateVersion7()));
        var id = await OverdueAsync();
        await database.ExecuteAsync("update item set confirmed_urgency = 'critical', sensitivity = 1 where id = $1", id);
        await OnCallAsync(_ana, _ben);
        await RunAsync();
        (await database.ScalarAsync<string>("select string_agg(detail->>'to', ' ' order by (detail->>'to')::int) from item_event where item_id = $1 and what = 'escalated'", id)).ShouldBe($"{_ana.Id} {_ben.Id}");
        (await AgainAfterAsync(id)).ShouldBe(15);

        await database.ExecuteAsync("update clock set next_at = now() - interval '1 minute', escalated = 0 where item_id = $1 and step = 'seen'; ".Replace("$1", $"'{id}'", StringComparison.Ordinal) + "delete from rota");
        await RunAsync();
        (await AgainAfterAsync(id)).ShouldBe(240);
    }

    [Fact]
    public async Task Only_a_member_says_who_is_told_and_a_wrong_number_is_named()
    {
        var admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator, Roles.Circle]);
        var save = new SaveCircle(Psea, "somebody", new ContactChoice(false, "slips", "12"), Guid.CreateVersion7());
        (await _office.RefusalAsync(admin, save)).ShouldBe("not_of_the_circle");
        (await _office.WrongFieldsAsync(_ana, save with { ClientId = Guid.CreateVersion7() })).ShouldBe("contact_address not_a_number");
        await _office.AskAsync(_ana, save with { Line = ContactChoice.Unchanged, ClientId = Guid.CreateVersion7() });
        (await database.ScalarAsync<bool>("select outside_line is not null and outside_contact = 'somebody' from circle where id = $1", Psea)).ShouldBeTrue();
    }

    private static string Said(string urgency) => $"[incident_report|sea_staff_abuse|{urgency}|2|es] pide favores";

    private async Task<Guid> SayAsync(string urgency) => (await _pipeline.SayAsync(_from, Said(urgency))).MessageId;

    private Task<int> SeenWithinAsync(Guid id) => database.ScalarAsync<int>("select round(extract(epoch from c.due_at - i.spoken_at) / 60)::int from clock c join item i on i.id = c.item_id where c.item_id = $1 and c.step = 'seen'", id);

    private Task<int> AgainAfterAsync(Guid id) => database.ScalarAsync<int>("select round(extract(epoch from next_at - now()) / 60)::int from clock where item_id = $1 and step = 'seen'", id);

    private async Task OnCallAsync(params Officer[] people)
    {
        foreach (var one in people)
            await database.ExecuteAsync("insert into rota (circle_id, officer_id, starts_at, ends_at) values ($1, $2, now() - interval '1 hour', now() + interval '8 hours')", Psea, one.Id);
    }

    private async Task<Guid> OverdueAsync()
    {
        var id = await SayAsync("high");
        await database.ExecuteAsync("update clock set due_at = now() - interval '1 hour', next_at = now() - interval '1 hour' where item_id = $1 and step = 'seen'", id);
        return id;
    }

    private Task<EscalationRound> RunAsync() => new Escalation(database.Databases, TestDatabase.Keys, TimeProvider.System).RunAsync("http://cea.test", CancellationToken.None);
}
