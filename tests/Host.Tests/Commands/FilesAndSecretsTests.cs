using System.Buffers.Binary;
using Cea.Feedback.Officers;
using Cea.Testing;
using Microsoft.AspNetCore.Identity;

namespace Cea.Host.Tests.Commands;

/// <summary>What comes in and goes out by file, and what is said once.</summary>
public sealed class FilesAndSecretsTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await _place.Database.ExecuteAsync("insert into service_point (slug, name) values ('blue-gate', 'Blue gate')");
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task An_import_adds_nothing_twice_and_a_bad_row_is_reported_and_stops_no_other()
    {
        var file = _place.PathOf("week.csv");
        await File.WriteAllTextAsync(file, """
            id,text,service_point,spoken_at,speaker
            1,"the queue is long,
            and the door shuts",blue-gate,2026-11-20,
            2,,blue-gate,2026-11-20,
            3,the card is empty,red-gate,2026-11-20,
            4,no water,blue-gate,yesterday,
            5,la cola es muy larga ñ,blue-gate,2026-11-21T08:30:00Z,
            6,no water either,,,emperor
            ,the same words,,,
            ,the same words,,,

            """);
        string[] reasons = ["line 4: the text is empty", "line 5: no service point red-gate; the slugs are in Settings > Service points", "line 6: spoken_at is no date: write it like 2026-11-29 or 2026-11-29T08:30:00Z", "line 8: speaker: no code emperor"];

        var dry = await _place.CeaAsync("import", file, "--dry-run");
        dry.Output.Split('\n').ShouldContain("4 rows would be read, 4 are bad");
        reasons.ShouldBeSubsetOf(dry.Output.Split('\n'));
        (await _place.Database.ScalarAsync<long>("select (select count(*) from inbox) + (select count(*) from channel_account)")).ShouldBe(0); // only looked at

        var (code, output) = await _place.CeaAsync("import", file);
        output.Split('\n').ShouldContain("4 added, 0 were there before, 4 bad");
        reasons.ShouldBeSubsetOf(output.Split('\n'));
        code.ShouldBe(1); // not all of it could be read

        (await _place.CeaAsync("import", file)).Output.Split('\n').ShouldContain("0 added, 4 were there before, 4 bad");
        (await _place.Database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(4);
        output.ShouldNotContain("the card is empty"); // what people said is in no report
    }

    [Fact]
    public async Task A_file_that_cannot_be_imported_is_wrong_usage_in_one_line()
    {
        await File.WriteAllTextAsync(_place.PathOf("none.csv"), "words\nhello\n");
        await File.WriteAllTextAsync(_place.PathOf("broken.json"), "{");
        await File.WriteAllTextAsync(_place.PathOf("map.json"), """{"text":"words"}""");
        var ends = await Task.WhenAll(_place.CeaAsync("import", _place.PathOf("absent.csv")), _place.CeaAsync("import", _place.PathOf("none.csv")), _place.CeaAsync("import", _place.PathOf("none.csv"), "--map", _place.PathOf("broken.json")),
            _place.CeaAsync("import", _place.PathOf("none.csv"), "--map", _place.PathOf("map.json"), "--dry-run"));
        ends[0].ShouldBe((2, $"{_place.PathOf("absent.csv")} is not there\n"));
        ends[1].ShouldBe((2, $"{_place.PathOf("none.csv")} has no column text: name it with --map\n"));
        ends[2].ShouldBe((2, $"--map: {_place.PathOf("broken.json")} is no JSON like {{\"text\":\"your column\"}}\n"));
        ends[3].ShouldBe((0, "1 rows would be read, 0 are bad\n"));
    }

    [Fact]
    public async Task An_export_has_checked_open_items_only_and_no_words_of_theirs()
    {
        await using (var office = new Office(_place.Database))
            await office.HireAsync("olga", [Roles.Officer]);
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await pipeline.SayAsync("+50255519876", "[complaint|water|normal|0|en] the queue is long");
        await pipeline.SayAsync("+50255519877", "[complaint|sea_staff_abuse|high|2|en] a man wants a favour");
        var code = await _place.Database.ScalarAsync<string>("select receipt_code from item where circle_id = 0 and checked");

        var all = await _place.CeaAsync("export", "--format", "csv");
        all.Code.ShouldBe(0, all.Output);
        var lines = all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldStartWith("id,spoken_at,recorded_at,channel,service_point,lang,status,type,topics,urgency,team");
        all.Output.ShouldNotContain(code); // whoever has a code may add in the person's name
        lines[1].ShouldContain("complaint,water,normal");
        foreach (var hidden in new[] { "queue", "50255519876", "favour", "sea_staff_abuse" })
            all.Output.ShouldNotContain(hidden);

        var ends = await Task.WhenAll(_place.CeaAsync("export", "--format", "csv", "--to", "2020-01-01"), _place.CeaAsync("export", "--from", "29.11.2026"));
        ends[0].Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        ends[1].ShouldBe((2, "--from: a day like 2026-11-29\n"));
    }

    [Fact]
    public async Task A_secret_is_said_once_and_kept_as_a_hash_only()
    {
        var ends = await Task.WhenAll(_place.CeaAsync("user", "add", "amina", "--role", "officer"), _place.CeaAsync("apikey", "add", "forms", "--scope", "submit"));
        var (password, key) = (ends[0].Output.Trim(), ends[1].Output.Trim());
        password.ShouldMatch("^[a-z0-9]{5}(-[a-z0-9]{5}){3}$");
        key.ShouldMatch("^cea_[A-Za-z0-9]{40}$");

        var hash = await _place.Database.ScalarAsync<string>("select password_hash from officer where user_name = 'amina' and must_change_password");
        new PasswordHasher<OfficerUser>().VerifyHashedPassword(new OfficerUser(), hash, password).ShouldBe(PasswordVerificationResult.Success);
        BinaryPrimitives.ReadInt32BigEndian(Convert.FromBase64String(hash).AsSpan(5)).ShouldBe(210_000, "iterations, as Identity's third format keeps them");
        (await _place.Database.ScalarAsync<int>("select private_key_iterations from officer where user_name = 'amina'")).ShouldBe(600_000);
        (await _place.Database.ScalarAsync<string>("select scope from api_key where hash = $1", OfficerAccounts.HashOf(key))).ShouldBe("submit");
        var deployment = await _place.DeploymentAsync();
        await new Host.Keeping.Backup(deployment.ConnectionString, deployment.Keys).WriteAsync(_place.PathOf("all"), _ => { }, CancellationToken.None);
        var all = OperatorsPlace.Unpacked(_place.PathOf("all"));
        all.ShouldContain("amina");
        all.ShouldNotContain(password);
        all.ShouldNotContain(key, Case.Sensitive);

        var refused = await Task.WhenAll(_place.CeaAsync("user", "add", "amina", "--role", "officer"), _place.CeaAsync("user", "add", "omar", "--role", "king"), _place.CeaAsync("apikey", "add", "all", "--scope", "everything"), _place.CeaAsync("user", "add"));
        refused.Select(r => r.Code).ShouldBe([1, 2, 2, 2]);
        refused[0].Output.ShouldBe("there is an officer amina already\n");
    }
}
