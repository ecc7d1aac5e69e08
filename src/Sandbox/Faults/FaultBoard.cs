using Cea.Sandbox.Control;

namespace Cea.Sandbox.Faults;

/// <summary>Which faults are on. One of a name for each account and person.</summary>
internal sealed class FaultBoard
{
    private readonly Lock _lock = new();
    private readonly List<Fault> _on = [];

    public IReadOnlyList<Fault> On
    {
        get
        {
            lock (_lock)
                return [.. _on];
        }
    }

    public void Set(Fault fault)
    {
        if (!FaultNames.Told.ContainsKey(fault.Name))
            throw new ControlException($"the fault must be one of: {string.Join(", ", FaultNames.Told.Keys)}");
        if (fault.Times <= 0 || fault.DelayMs < 0 || fault.Share is < 0 or > 1 || fault.On is not (null or "send" or "list" or "read" or "file" or "other"))
            throw new ControlException("times must be 1 or more, delay_ms 0 or more, share 0 to 1, on one of send, list, read, file, other");
        lock (_lock)
        {
            _on.RemoveAll(f => Same(f, fault.Name, fault.Account, fault.To));
            _on.Add(fault);
        }
    }

    public void Clear(string name, string? account, string? to)
    {
        lock (_lock)
            _on.RemoveAll(f => Same(f, name, account, to));
    }

    public void Reset()
    {
        lock (_lock)
            _on.Clear();
    }

    /// <summary>The fault if it is on for this account and person, and counts it as used.</summary>
    public Fault? Take(string name, string account, string? to = null, string? operation = null)
    {
        lock (_lock)
        {
            var at = _on.FindIndex(f => f.Name == name && (f.Account ?? account) == account && (f.To ?? to) == to && (f.On is null || f.On == operation));
            if (at < 0)
                return null;
            var fault = _on[at];
            if (fault.Times == 1)
                _on.RemoveAt(at);
            else if (fault.Times is { } times)
                _on[at] = fault with { Times = times - 1 };
            return fault;
        }
    }

    private static bool Same(Fault fault, string name, string? account, string? to) => fault.Name == name && fault.Account == account && fault.To == to;
}
