using System.Text.Json;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Tests;

public sealed class ApiJsonTests
{
    [Theory]
    [InlineData("{\"name\":\"a\",\"bogus\":1}")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}")]
    [InlineData("{\"engine\":\"Quantum\"}")]
    [InlineData("{\"memoryStartupBytes\":\"1\"}")]
    public void Requests_WithWhatIsNotKnown_AreRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ApiJsonContext.Default.CreateMachineRequest));

    [Fact]
    public void Requests_Empty_MeanDefaults() =>
        Assert.Equal(new CreateMachineRequest(), JsonSerializer.Deserialize("{}", ApiJsonContext.Default.CreateMachineRequest));

    [Fact]
    public void WorkerRequest_WithoutMethod_IsRefused() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("{\"id\":1}", WorkerJsonContext.Default.WorkerRequest));
}
