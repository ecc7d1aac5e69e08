namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioRateTests : SandboxTest
{
    protected override IEnumerable<string> Settings => ["Sandbox:Accounts:0:MostASecond=5"];

    [Fact]
    public async Task More_than_it_takes_in_a_second_are_refused_and_taken_later()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => TwilioAsync(HttpMethod.Post, "Messages.json", new { To = $"+5025123100{n}", From = Number, Body = "hola" })));
        answers.Count(a => a.Status == 201).ShouldBe(5);
        var refused = answers.Where(a => a.Status != 201).ToList();
        refused.ShouldAllBe(a => a.Status == 429 && a.Json.GetProperty("code").GetInt32() == 20429 && a.Headers.RetryAfter!.Delta == TimeSpan.FromSeconds(1));
        await Task.Delay(1100);
        (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "+50251231009", From = Number, Body = "hola" })).Status.ShouldBe(201);
        (await MessagesAsync("?direction=outbound")).Count.ShouldBe(6);
    }
}
