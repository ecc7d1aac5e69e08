using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>From a person's first message to the provider being asked to send the acknowledgement, when nothing else goes on.</summary>
internal static class FirstAck
{
    public static async Task<int> RunAsync(Ground ground)
    {
        await ground.SandboxAsync();
        await ground.HostAsync(ground.PublicPort);
        using var sandbox = Clients.New(ground.Sandbox);
        using var sender = new CallSender(ground.PublicPort);
        var took = new List<double>();
        for (var n = 0; n < 25; n++)
        {
            var phone = $"+5097{3_000_000 + n}";
            await Task.Delay(1200); // idle again
            var since = Stopwatch.StartNew();
            if (await sender.PostAsync(ProviderCall.New(ground.Sms, ground.PublicUrl, (n + 1), phone, IntakeRate.Texts[n % IntakeRate.Texts.Length])) != 200)
                throw new InvalidOperationException("not accepted");
            while ((await sandbox.GetFromJsonAsync<JsonElement>($"/control/messages?direction=outbound&phone={Uri.EscapeDataString(phone)}")).GetProperty("messages").GetArrayLength() == 0)
                await Task.Delay(5);
            took.Add(since.Elapsed.TotalMilliseconds);
        }
        Console.WriteLine($"first acknowledgement: median {IntakeRate.Median(took.Skip(5)):0} ms, longest {took.Skip(5).Max():0} ms of 20 (the very first, cold: {took[0]:0} ms)");
        return took.Skip(5).Max() < 1000 ? 0 : 1;
    }
}
