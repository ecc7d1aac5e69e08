using System.Net.Http.Json;
using Cea.Sandbox.Tests;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>An officer's pages follow what happens, in a browser with scripts: real Host, sandbox as provider, Chromium.</summary>
public sealed class LiveStory(Stage stage) : IClassFixture<Stage>
{
    [Fact]
    public async Task What_is_new_appears_by_itself_and_nothing_that_is_being_typed_is_lost()
    {
        const string person = "+50255508001";
        (await stage.Control.PostAsJsonAsync("/control/inbound", new { account = "sms", from = person, text = "Por favor abran mas temprano, salgo de trabajar y ya cerraron" })).EnsureSuccessStatusCode();
        await stage.UntilAsync(() => stage.Database.ScalarAsync<bool>("select exists (select 1 from item where circle_id = 0)"));
        var item = await stage.Database.ScalarAsync<Guid>("select id from item where circle_id = 0");

        var seen = await NodeScript.RunBareAsync("live", new { url = stage.Host.Url, control = stage.Control.BaseAddress, name = "lead", password = stage.PasswordOf("lead"), item, from = person, other = "+50255508002" });

        seen.GetProperty("appeared").GetBoolean().ShouldBeTrue();
        var typed = seen.GetProperty("typed");
        typed.GetProperty("kept").GetString().ShouldBe("Abrimos a las");
        typed.GetProperty("same").GetBoolean().ShouldBeTrue();
        seen.GetProperty("joined").GetBoolean().ShouldBeTrue();
        seen.GetProperty("after").GetString().ShouldBe("Abrimos a las");
        seen.GetProperty("problems").EnumerateArray().ShouldBeEmpty();
    }
}
