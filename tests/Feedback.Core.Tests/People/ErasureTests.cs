using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.People;

public sealed class ErasureTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Abuse = "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores";
    private static int _number = 300000;
    private readonly Office _office = new(database);
    private Pipeline _pipeline = null!;
    private Officer _focal = null!, _other = null!, _protection = null!;
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}";

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from erasure; delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _focal = await _office.HireAsync($"focal-{run}", [Roles.Circle], ["psea"]);
        _other = await _office.HireAsync($"officer-{run}", [Roles.Officer, Roles.Administrator, Roles.DataProtection]);
        _protection = await _office.HireAsync($"protection-{run}", [Roles.Circle], ["protection"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_wish_with_a_restricted_item_waits_for_its_focal_point_alone()
    {
        var item = await AskedAsync();
        (await _office.AskAsync(_focal, new ErasureRequests())).Single().ItemId.ShouldBe(item);
        (await _office.AskAsync(_other, new ErasureRequests())).ShouldBeEmpty();
        (await _office.AskAsync(_protection, new ErasureRequests())).ShouldBeEmpty();
        var id = await database.ScalarAsync<long>("select id from erasure");
        (await _office.RefusalAsync(_protection, new DecideErasure(id, item, true, "persons_wish", Guid.CreateVersion7()))).ShouldBe("erasure_not_found");
        (await _office.WrongFieldsAsync(_focal, new DecideErasure(id, item, true, "because", Guid.CreateVersion7()))).ShouldBe("reason unknown");
    }

    [Fact]
    public async Task Holding_sets_a_hold_for_review_and_its_audit_stays_inside_the_circle()
    {
        var item = await AskedAsync();
        var id = await database.ScalarAsync<long>("select id from erasure");
        await _office.AskAsync(_focal, new DecideErasure(id, item, false, "investigation_open", Guid.CreateVersion7()));

        (await database.ScalarAsync<string>("select e.state || ' ' || h.reason from erasure e join hold h on h.person_id = e.person_id")).ShouldBe("held investigation_open");
        (await database.ScalarAsync<bool>("select audience_id <> 1 from audit where act = 'DecideErasure' and item_id = $1", item)).ShouldBeTrue();
        (await _office.AskAsync(_other, new AuditList(nameof(DecideErasure), null, null, null, null, null))).Entries.ShouldBeEmpty();
        (await _office.RefusalAsync(_focal, new DecideErasure(id, item, true, "persons_wish", Guid.CreateVersion7()))).ShouldBe("changed_meanwhile");
    }

    [Fact]
    public async Task Removing_the_contact_keeps_the_report()
    {
        var item = await AskedAsync();
        await _office.AskAsync(_focal, new DecideErasure(await database.ScalarAsync<long>("select id from erasure"), item, true, "persons_wish", Guid.CreateVersion7()));
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);

        (await database.ScalarAsync<long>("select count(*) from address a join item i on i.person_id = a.person_id where i.id = $1", item)).ShouldBe(0);
        (await database.ScalarAsync<bool>("select sealed is not null from message where item_id = $1 and direction = 'in'", item)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_arrives_restricted_after_the_wish_was_confirmed_keeps_its_address_and_leaves_the_wish_to_the_focal_point()
    {
        await _pipeline.SayAsync(_from, "[suggestion|opening_hours|normal|0|es] abran mas temprano");
        await _pipeline.SayAsync(_from, "borrar mis datos");
        await _pipeline.SayAsync(_from, "si");
        (await StateAsync()).ShouldBe("confirmed");
        var item = (await _pipeline.SayAsync(_from, Abuse)).MessageId;
        await EraseAsync();
        (await StateAsync()).ShouldBe("focal_point");
        (await AddressesAsync(item)).ShouldBe(1);
        (await _office.AskAsync(_focal, new ErasureRequests())).Single().ItemId.ShouldBe(item);
        (await database.ScalarAsync<long>("select count(*) from message where text like '%mas temprano%'")).ShouldBe(1); // nothing goes before he decides
    }

    [Fact]
    public async Task What_arrives_restricted_after_the_focal_point_decided_is_decided_anew()
    {
        var item = await AskedAsync();
        await _office.AskAsync(_focal, new DecideErasure(await database.ScalarAsync<long>("select id from erasure"), item, true, "persons_wish", Guid.CreateVersion7()));
        await _pipeline.SayAsync(_from, "[request|protection_violence|high|1|es] me amenazan");
        await EraseAsync();
        (await StateAsync()).ShouldBe("focal_point");
        (await AddressesAsync(item)).ShouldBe(1);
    }

    private async Task EraseAsync()
    {
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
    }

    private Task<string> StateAsync() => database.ScalarAsync<string>("select state from erasure");

    private Task<long> AddressesAsync(Guid item) => database.ScalarAsync<long>("select count(*) from address a join item i on i.person_id = a.person_id where i.id = $1", item);

    private async Task<Guid> AskedAsync()
    {
        var receipt = await _pipeline.SayAsync(_from, Abuse);
        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'focal_point' from item where id = $1", receipt.MessageId);
        return receipt.MessageId;
    }
}
