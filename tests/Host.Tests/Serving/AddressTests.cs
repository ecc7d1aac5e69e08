using Cea.Testing;
using Cea.Testing.Hostile;

namespace Cea.Host.Tests.Serving;

/// <summary>Every address that anybody may call, with what nobody should send; a longer run is <c>cea-bench addresses</c>.</summary>
public sealed class AddressTests
{
    private const int Seed = 20261129, Calls = 4000;

    [Fact]
    public async Task Hostile_calls_break_nothing_leave_nothing_behind_and_enter_no_log()
    {
        await using var place = await OperatorsPlace.OpenAsync();
        await using (var pipeline = new Pipeline(place.Database))
            await pipeline.SetUpAsync();
        AddressFuzz.Configure(place.Environment);
        var port = HostProcess.FreePort();
        place.Environment["Cea__PublicUrl"] = $"http://127.0.0.1:{port}";
        var (made, key) = await place.CeaAsync("apikey", "add", "forms", "--scope", "manage");
        made.ShouldBe(0, key);
        await using var host = await HostProcess.ServeAsync(place.Environment, place.Folder, port);
        var fuzz = new AddressFuzz(host.Url, place.Environment["Cea__PublicUrl"], key.Trim().Split('\n')[^1], Seed);

        await fuzz.RunAsync(Calls, TimeSpan.FromSeconds(60));

        fuzz.Wrong.ShouldBeEmpty($"seed {Seed}\n{string.Join('\n', AddressFuzz.Troubles(host.Output))}");
        fuzz.Statuses.Count().ShouldBeGreaterThan(60);
        (await place.Database.ScalarAsync<long>(AddressFuzz.FromUnsigned)).ShouldBe(0);
        (await place.Database.ScalarAsync<long>("select count(*) from seen")).ShouldBeInRange(100, fuzz.MostStored);
        for (var tries = 0; await place.Database.ScalarAsync<long>(AddressFuzz.Untriaged) > 0 && tries < 300; tries++)
            await Task.Delay(100);
        (await place.Database.ScalarAsync<string>(AddressFuzz.Stuck)).ShouldBe("");
        AddressFuzz.Leaks(host.Output).ShouldBeEmpty(host.Output);
    }
}
