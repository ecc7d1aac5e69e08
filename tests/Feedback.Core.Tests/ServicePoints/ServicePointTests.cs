using Cea.Feedback.Officers;
using Cea.Feedback.ServicePoints;
using Cea.Feedback.Standards;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.ServicePoints;

public sealed class ServicePointTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly ServicePointFields Plain = new("hsp-norte", "HSP Norte", "Danlí", "Honduras", null, null, null, "fixed", "all",
        new WeeklyHours("America/Tegucigalpa", new Dictionary<string, IReadOnlyList<DaySpan>> { ["mon"] = [new("08:00", "16:00")] }, []), true, true);
    private readonly Office _office = new(database);
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from service_point");
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_place_keeps_its_hours_its_confirmation_and_its_short_name()
    {
        var id = await _office.AskAsync(_admin, new SaveServicePoint(null, Plain, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select hours::text from service_point where id = $1", id)).ShouldBe("""{"mon": [["08:00", "16:00"]]}""");
        var confirmed = await database.ScalarAsync<DateTime>("select hours_confirmed_at from service_point where id = $1", id);

        await _office.AskAsync(_admin, new SaveServicePoint(id, Plain with { Slug = "another", Name = "HSP North", HoursConfirmed = false }, Guid.CreateVersion7()));
        var shown = (await _office.AskAsync(_admin, new ServicePointList())).Single();
        (shown.Slug, shown.Name, shown.HoursConfirmedAt!.Value.UtcDateTime).ShouldBe(("hsp-norte", "HSP North", confirmed));
    }

    [Fact]
    public async Task Every_wrong_field_of_a_place_is_named()
    {
        await _office.AskAsync(_admin, new SaveServicePoint(null, Plain, Guid.CreateVersion7()));
        (await _office.WrongFieldsAsync(_admin, new SaveServicePoint(null, Plain with { Name = "", Kind = "flying", Visibility = "", Area = new string('x', 81), Hours = Plain.Hours with { TimeZone = "?" } }, Guid.CreateVersion7())))
            .ShouldBe("name needed, slug taken, kind unknown, visibility unknown, area too_long, time_zone unknown_zone");
        (await _office.WrongFieldsAsync(_admin, new SaveServicePoint(null, Plain with { Slug = "Casa Ñ" }, Guid.CreateVersion7()))).ShouldBe("slug slug_wrong");
    }
}
