using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Safeguarding;

public sealed class ConflictTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly short Psea = Circle.Of("psea").Id;
    private static int _number = 720000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private Officer _focal = null!, _alternate = null!, _third = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from rota; delete from circle_member; delete from circle_notice; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _focal = await _office.HireAsync($"focal{run}", [Roles.Circle], ["psea"]);
        _alternate = await _office.HireAsync($"alternate{run}", [Roles.Circle], ["psea"], alternate: true);
        _third = await _office.HireAsync($"third{run}", [Roles.Circle]);
        await _office.AskAsync(_focal, new ProposeMember(Psea, _third.Id, null, false, Guid.CreateVersion7()));
        await _office.AskAsync(_alternate, new ConfirmMember(Psea, _third.Id, Guid.CreateVersion7()));
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task Only_the_alternate_sees_it_and_learns_whom_it_may_be_about()
    {
        var id = await AboutTheFocalPointAsync();
        (await _office.AskAsync(_alternate, new ItemDetail(id))).Conflict.ShouldNotBeNull().ShouldSatisfyAllConditions(c => c.MayBeAbout.ShouldBe([_focal.Name]), c => c.Kept.ShouldBeFalse());
        foreach (var other in new[] { _focal, _third })
        {
            (await _office.RefusalAsync(other, new ItemDetail(id))).ShouldBe("item_not_found");
            (await _office.RefusalAsync(other, new DecideConflict(id, DecideConflict.ToAll, Guid.CreateVersion7()))).ShouldBe("item_not_found");
        }
        (await _office.RefusalAsync(_alternate, new DecideConflict(id, "forget", Guid.CreateVersion7()))).ShouldBe("unknown_code");
    }

    [Fact]
    public async Task Kept_it_stays_with_the_alternate_who_may_decide_anew()
    {
        var id = await AboutTheFocalPointAsync();
        await DecideAsync(id, DecideConflict.Keep);
        (await _office.AskAsync(_alternate, new ItemDetail(id))).Conflict.ShouldNotBeNull().Kept.ShouldBeTrue();
        (await _office.RefusalAsync(_third, new ItemDetail(id))).ShouldBe("item_not_found");
        await DecideAsync(id, DecideConflict.ToTheOthers);
        (await _office.AskAsync(_third, new ItemDetail(id))).Conflict.ShouldBeNull();
    }

    [Fact]
    public async Task Given_to_the_circle_it_is_readable_there_and_those_it_may_be_about_still_see_nothing()
    {
        var id = await AboutTheFocalPointAsync();
        var clocks = await ClocksAsync(id);
        await DecideAsync(id, DecideConflict.ToTheOthers);

        (await _office.AskAsync(_third, new ItemDetail(id))).Timeline.ShouldContain(t => t.Text != null && t.Text.Contains(_focal.Name, StringComparison.Ordinal));
        (await _office.RefusalAsync(_focal, new ItemDetail(id))).ShouldBe("item_not_found");
        (await ClocksAsync(id)).ShouldBe(clocks); // nobody gains time by it
        (await database.ScalarAsync<long>("select count(distinct a.audience_id) from (select audience_id from message where item_id = $1 union all select audience_id from item_event where item_id = $1 union all select audience_id from clock where item_id = $1 union all select audience_id from item where id = $1) a", id)).ShouldBe(1);
        (await database.ScalarAsync<bool>("select a.audience_id = i.audience_id and a.detail->>'decision' = 'to_the_others' from audit a join item i on i.id = a.item_id where a.act = 'DecideConflict' and a.item_id = $1", id)).ShouldBeTrue();
        (await _office.RefusalAsync(_alternate, new DecideConflict(id, DecideConflict.ToAll, Guid.CreateVersion7()))).ShouldBe("not_withheld");
    }

    [Fact]
    public async Task Given_to_the_whole_circle_everybody_in_it_sees_it_and_nobody_outside()
    {
        var id = await AboutTheFocalPointAsync();
        await DecideAsync(id, DecideConflict.ToAll);
        foreach (var member in new[] { _focal, _third, _alternate })
            (await _office.AskAsync(member, new ItemDetail(id))).Item.Id.ShouldBe(id);
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer, Roles.Administrator]);
        (await _office.RefusalAsync(officer, new ItemDetail(id))).ShouldBe("item_not_found");
    }

    private async Task<Guid> AboutTheFocalPointAsync()
    {
        var id = (await _pipeline.SayAsync(_from, $"[incident_report|sea_staff_abuse|high|2|es] {_focal.Name} pide favores")).MessageId;
        (await database.ScalarAsync<bool>("select a.alternate_only from item i join audience a on a.id = i.audience_id where i.id = $1", id)).ShouldBeTrue();
        return id;
    }

    private Task<bool> DecideAsync(Guid id, string decision) => _office.AskAsync(_alternate, new DecideConflict(id, decision, Guid.CreateVersion7()));

    private Task<string> ClocksAsync(Guid id) => database.ScalarAsync<string>("select string_agg(step || due_at, ' ' order by step) from clock where item_id = $1", id);
}
