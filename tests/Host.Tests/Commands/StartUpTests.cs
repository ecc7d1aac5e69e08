using System.Net.Sockets;
using Cea.Feedback.Storage;
using Cea.Testing;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Cea.Host.Tests.Commands;

/// <summary>What is missing or wrong stops the start with one line that names it.</summary>
public sealed class StartUpTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync() => _place = await OperatorsPlace.OpenAsync();

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Theory]
    [InlineData("Cea:PublicUrl", "feedback.example.org"), InlineData("Cea:PublicUrl", "ftp://feedback.example.org"), InlineData("Cea:PublicUrl", "https://feedback.example.org/?a=b"), InlineData("ConnectionStrings:Cea", "db.example.org"),
     InlineData("ConnectionStrings:Cea", "Nonsense=1;Host=db"), InlineData("Cea:Keys", ""), InlineData("Cea:Keys", "DATA/keys.json"), InlineData("Cea:TrustedProxies", "10.0.0.4, proxy"), InlineData("Cea:Postgres", "mysql"), InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]
    public void A_wrong_setting_is_named_in_one_line(string setting, string value)
    {
        var wrong = Should.Throw<SettingException>(() => Settings.Read(_place.Configuration((setting, value.Replace("DATA", _place.PathOf("data"), StringComparison.Ordinal)))));
        wrong.Message.ShouldStartWith($"{setting}: ");
        wrong.Message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("not json", "the keys are not JSON"), InlineData("{\"seal\":[],\"hash\":\"\"}", "a key must have 32 bytes"), InlineData("{\"seal\":[\"???\"],\"hash\":\"???\"}", ""), InlineData("{}", "the keys are not JSON of the form"), InlineData("{\"seal\":[null],\"hash\":\"\"}", "the keys are not JSON of the form"), InlineData(null, "cannot be read")]
    public async Task A_key_file_that_is_none_is_named_in_one_line_without_its_content(string? content, string says)
    {
        if (content is null)
            File.Delete(_place.KeysFile);
        else
            await File.WriteAllTextAsync(_place.KeysFile, content);
        var wrong = await Should.ThrowAsync<SettingException>(_place.DeploymentAsync);
        wrong.Message.ShouldSatisfyAllConditions(m => m.ShouldStartWith("Cea:Keys: "), m => m.ShouldContain(says), m => m.ShouldNotContain("\n"), m => m.ShouldNotContain("???"));
    }

    [Fact]
    public async Task A_database_that_is_still_starting_is_waited_for()
    {
        var real = new NpgsqlConnectionStringBuilder(_place.Database.ConnectionString);
        await using var server = new RecoveringServer($"{real.Host}/.s.PGSQL.{real.Port}", refusals: 3);
        _place.Environment["ConnectionStrings__Cea"] = new NpgsqlConnectionStringBuilder(real.ConnectionString) { Host = "127.0.0.1", Port = server.Port, SslMode = SslMode.Disable }.ConnectionString;
        await using var host = await HostProcess.ServeAsync(_place.Environment, _place.Folder, HostProcess.FreePort());
        host.Output.Split("waiting for the database, which is starting or recovering").Length.ShouldBe(2, host.Output);
    }

    [Fact]
    public async Task The_start_ends_with_that_line_and_its_exit_code()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var older = await TestDatabase.EmptyAsync();
        var ends = await Task.WhenAll(
            ServeAsync(new() { ["Cea__PublicUrl"] = "nonsense" }),
            ServeAsync([], "--roles", "sandbox"),
            ServeAsync([], "--roles", "everything"),
            ServeAsync(new() { ["ConnectionStrings__Cea"] = older }),
            ServeAsync(new() { ["ConnectionStrings__Cea"] = "Host=127.0.0.1;Port=1;Database=cea;Username=cea" }),
            ServeAsync([], "--urls", $"http://{taken.LocalEndpoint}"));

        ends[0].ShouldBe((1, "Cea:PublicUrl: must be the address that providers call, like https://feedback.example.org"));
        ends[1].ShouldBe((2, "--roles sandbox is for Development only"));
        ends[2].ShouldBe((2, "--roles: everything is none of intake, worker, admin"));
        ends[3].Output.ShouldBe($"ConnectionStrings:Cea: the schema is older than this build ({string.Join(' ', Migrator.Known)} missing): run `cea migrate` once, then start again");
        ends[3].Code.ShouldBe(1);
        ends[4].ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldStartWith("the database: "), r => r.Output.ShouldNotContain("\n"));
        ends[5].ShouldBe((1, $"Urls: http://{taken.LocalEndpoint} is taken by another program on this machine: choose another port"));
    }

    [Fact]
    public async Task With_the_keys_of_another_deployment_nothing_starts()
    {
        await (await _place.DeploymentAsync()).EnsureSchemaAsync(_ => { }, CancellationToken.None);
        await File.WriteAllTextAsync(_place.KeysFile, KeyRing.Create().Export());
        (await ServeAsync([])).ShouldBe((1, "Cea:Keys: these are the keys of another deployment: give the key file that this database was made with"));

        await File.WriteAllTextAsync(_place.KeysFile, TestDatabase.Keys.WithNewKey().WithoutOldKeys().Export());
        var behind = await Should.ThrowAsync<SettingException>(async () => await (await _place.DeploymentAsync()).EnsureSchemaAsync(_ => { }, CancellationToken.None));
        behind.Message.ShouldBe($"Cea:Keys: the key {TestDatabase.Keys.Current} is missing: after `cea keys rotate` every Host needs the new key file");
    }

    [Fact]
    public async Task The_schema_is_made_once_by_two_that_start_at_once_and_a_third_time_changes_nothing()
    {
        var empty = await TestDatabase.EmptyAsync();
        var environment = new Dictionary<string, string>(_place.Environment) { ["ConnectionStrings__Cea"] = empty };
        var ends = await Task.WhenAll(HostProcess.CommandAsync(environment, "migrate"), HostProcess.CommandAsync(environment, "migrate"));
        ends.ShouldAllBe(e => e.Code == 0 && e.Output.Contains("the schema is current", StringComparison.Ordinal), string.Join('\n', ends.Select(e => e.Output)));
        ends.Count(e => e.Output.Contains($"applied {Migrator.Known[0]}", StringComparison.Ordinal)).ShouldBe(1);
        (await Migrator.PendingAsync(empty, CancellationToken.None)).ShouldBeEmpty();

        var (code, output) = await HostProcess.CommandAsync(environment, "migrate");
        (code, output.Trim()).ShouldBe((0, "the schema is current"));
    }

    private async Task<(int Code, string Output)> ServeAsync(Dictionary<string, string> other, params string[] arguments)
    {
        var environment = new Dictionary<string, string>(_place.Environment) { ["Urls"] = "http://127.0.0.1:0" }; // whoever has a Host running beside the tests has the usual port
        foreach (var (name, value) in other)
            environment[name] = value;
        var (code, output) = await HostProcess.CommandAsync(environment, ["serve", .. arguments]);
        return (code, output.Trim());
    }
}
