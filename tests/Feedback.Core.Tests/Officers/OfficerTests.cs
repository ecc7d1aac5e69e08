using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Officers;

public sealed class OfficerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly OfficerFields Plain = new("Maria", ["Doña Mari", "the coordinator"], [Roles.Officer], "es", null, ContactChoice.None);
    private readonly Office _office = new(database, channels: [new PaperChannel()]);
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("update officer set active = false; insert into channel_account (id, kind) values ('slips', 'paper') on conflict do nothing");
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_new_officer_signs_in_with_the_printed_password_once_and_it_stands_nowhere()
    {
        const string password = "kept-by-nobody-anywhere";
        var id = await _office.AskAsync(_admin, new AddOfficer(Name(), password, Plain with { Contact = new(false, "slips", "+502 1234-5678") }, Guid.CreateVersion7()));

        (await _office.SignInAsync(id, password)).PrivateKey.ShouldNotBeEmpty();
        (await database.ScalarAsync<bool>("select must_change_password and roles = array['officer'] and other_names = array['Doña Mari', 'the coordinator'] from officer where id = $1", id)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from (select d::text as t from done d union all select a::text from audit a union all select o::text from officer o) x where t like '%' || $1 || '%' or t like '%50212345678%'", password)).ShouldBe(0);
        (await _office.AskAsync(_admin, new OfficerList())).Single(o => o.Id == id).ContactAccount.ShouldBe("slips");
    }

    [Fact]
    public async Task Every_wrong_field_of_an_officer_is_named()
    {
        (await _office.WrongFieldsAsync(_admin, new AddOfficer("api-x y", "short", new("", ["x"], ["king"], "xx", -1, new(false, "slips", "12")), Guid.CreateVersion7())))
            .ShouldBe("user_name user_name_wrong, password too_short, display_name needed, other_names names_wrong, roles unknown, language unknown, service_point unknown, contact_address not_a_number");
    }

    [Fact]
    public async Task Who_is_switched_off_is_signed_out_and_the_last_administrator_stays()
    {
        var id = await _office.AskAsync(_admin, new AddOfficer(Name(), "long enough for anybody", Plain, Guid.CreateVersion7()));
        var stamp = await database.ScalarAsync<string>("select security_stamp from officer where id = $1", id);
        await _office.AskAsync(_admin, new ChangeOfficer(id, Plain with { Contact = ContactChoice.Unchanged }, false, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select not active and security_stamp <> $2 from officer where id = $1", id, stamp)).ShouldBeTrue();
        (await _office.RefusalAsync(_admin, new ChangeOfficer(_admin.Id, Plain, true, Guid.CreateVersion7()))).ShouldBe("last_administrator");
    }

    [Fact]
    public async Task Administrators_read_the_audit_of_no_item_and_officers_none()
    {
        var id = await _office.AskAsync(_admin, new AddOfficer(Name(), "long enough for anybody", Plain, Guid.CreateVersion7()));
        var shown = await _office.AskAsync(_admin, new AuditList(nameof(AddOfficer), _admin.Id, null, null, null, null));
        shown.Entries.ShouldNotBeEmpty();
        shown.Entries[0].Detail["roles"].ShouldContain("officer");
        (await _office.AskAsync(_admin, new AuditList(nameof(AddOfficer), _admin.Id, null, new DateOnly(2999, 1, 1), null, null))).Entries.ShouldBeEmpty();

        await database.ExecuteAsync("insert into audit (officer_id, act, item_id, audience_id) values ($1, 'ReplyToItem', gen_random_uuid(), 1)", _admin.Id);
        (await _office.AskAsync(_admin, new AuditList("ReplyToItem", null, null, null, null, null))).Entries.ShouldBeEmpty();
        var officer = await _office.SignInAsync(id, "");
        (await _office.RefusalAsync(officer, new AuditList(null, null, null, null, null, null))).ShouldBe("not_allowed");
    }

    private static string Name() => $"m-{Guid.CreateVersion7():N}";
}
